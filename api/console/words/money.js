// Words of money and carbon.

export const money = {
  'money.savings': ['Against staying near the users', '与就近运行相比'],
  'money.savings_all': ['All tenants’ work against staying near the users', '全部租户的作业与就近运行相比'],
  'money.savings_words': ['The jobs of the present plan against the same jobs each at the site nearest its users, started at once. Jobs without users’ place are left out: {unpriced}.', '将当前计划中的作业与“每个作业都在离用户最近的站点立即运行”相比。未指定用户所在地的作业不计入：{unpriced} 个。'],
  'money.saved': ['Saved', '节省'],
  'money.saved_carbon': ['Carbon avoided', '减少碳排放'],
  'money.as_planned': ['As planned', '按计划'],
  'money.if_stayed': ['Had they stayed', '若就近运行'],
  'money.no_savings': ['Nothing is planned now, so there is nothing to compare.', '当前没有计划中的作业，暂无对比。'],
  'money.bill': ['Bill', '账单'],
  'money.committed': ['Committed', '已承诺'],
  'money.budget': ['Budget', '预算'],
  'money.no_budget': ['none', '无'],
  'money.lines': ['Lines', '行数'],
  'money.no_lines': ['Nothing was metered in this month.', '本月没有计量记录。'],
  'money.first': ['The first {shown} of {all} lines; the download has all.', '显示前 {shown} 行，共 {all} 行；完整内容请下载。'],
  'money.carbon': ['Carbon report', '碳报告'],
  'money.location': ['Location-based', '基于位置'],
  'money.market': ['Market-based', '基于市场'],
  'money.no_carbon': ['No energy was metered in this month.', '本月没有能耗记录。'],
};
