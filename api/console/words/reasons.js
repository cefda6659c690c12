// Why a job cannot run somewhere: the codes of the scheduler in words.

export const reasons = {
  'reason.SITE_LOST': ['out of use', '站点停用'],
  'reason.MISSING_TAG': ['lacks a compliance tag', '缺少合规标签'],
  'reason.NOT_RESIDENT': ['outside the regions allowed', '不在允许的区域'],
  'reason.NO_ACCELERATOR': ['no accelerator the job can use', '没有可用的加速卡'],
  'reason.TOO_LARGE': ['too small even when empty', '站点容量不足（即使空闲）'],
  'reason.OVER_QUOTA': ['over the tenant’s quota', '超出租户配额'],
  'reason.NO_ROUTE': ['no route for the data', '数据无可达路径'],
  'reason.TOO_FAR': ['round trip too long', '往返时延过长'],
  'reason.NO_TIME': ['cannot end by the deadline', '无法在截止前完成'],
  'reason.TRANSFER_TOO_LONG': ['data cannot arrive in time', '数据无法按时送达'],
  'reason.OVER_BUDGET': ['over the job’s budget', '超出作业预算'],
  'reason.OVER_CARBON': ['over the job’s carbon limit', '超出作业碳限额'],
  'reason.NO_SPREAD': ['no allowed set of sites', '没有可用的站点组合'],
  'reason.NO_ROOM_IN_TIME': ['full until the deadline', '截止前没有余量'],
  'reason.NOT_WORTH_IT': ['costs more than the job is worth', '成本高于作业价值'],
};
