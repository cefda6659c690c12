// What would help a job, phrase by phrase, and the Chinese words of its explanation.

export const changes = {
  'change.deadline': ['{amount} more until its deadline ({to})', '截止时间放宽 {amount}（至 {to}）'],
  'change.release': ['beginning {amount} earlier ({to})', '提前 {amount} 开始（{to}）'],
  'change.rtt_ms_max': ['{amount} more of round trip ({to})', '往返时延上限放宽 {amount}（至 {to}）'],
  'change.residency': ['being allowed in {to} too', '也允许在 {to} 运行'],
  'change.tags': ['not needing {to}', '不要求合规标签 {to}'],
  'change.budget_cny': ['{amount} more of budget ({to})', '预算增加 {amount}（至 {to}）'],
  'change.carbon_kg_max': ['{amount} more of carbon ({to})', '碳限额增加 {amount}（至 {to}）'],
  'change.value_cny': ['being worth {amount} more ({to})', '作业价值提高 {amount}（至 {to}）'],
  'change.variants': ['on {to}, if it took no longer there', '改用 {to}（若用时不变）'],
  'change.tasks': ['{to} tasks at once, {amount} fewer', '同时运行 {to} 个任务（减少 {amount} 个）'],
  'margin.deadline': ['one hour more of deadline', '截止时间每放宽 1 小时'],
  'margin.release': ['beginning one hour earlier', '每提前 1 小时开始'],
  'margin.rtt_ms_max': ['one millisecond more of round trip', '往返时延上限每放宽 1 毫秒'],
  'margin.residency': ['being allowed in {to} too', '也允许在 {to} 运行'],
  'margin.tasks': ['one task less', '每减少 1 个任务'],
};
