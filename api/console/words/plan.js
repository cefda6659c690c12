// Words of the plan.

export const plan = {
  'plan.gantt': ['What runs where', '运行安排'],
  'plan.heat': ['Utilisation by site and hour (fullest resource)', '各站点逐时利用率（最满的资源）'],
  'plan.history': ['Plans: cost and proven bound', '历次计划：成本与已证明下界'],
  'plan.worth': ['What more room would be worth', '更多资源值多少'],
  'plan.worth_words': ['Shadow prices: what one more unit would save for an hour, by site and hour. Nothing is shown where there is room.', '影子价格：每多一个单位资源每小时可节省的费用；有余量处不显示。'],
  'plan.resource': ['Resource', '资源'],
  'plan.objective': ['Cost of the plan', '计划成本'],
  'plan.bound': ['No plan costs less than', '任何计划都不低于'],
  'plan.placed': ['Placed', '已安排'],
  'plan.refused': ['Refused', '已拒绝'],
  'plan.seconds': ['Solved in', '求解用时'],
  'plan.made': ['Made', '生成时间'],
  'plan.none': ['There is no plan yet: submit a job.', '还没有计划：请先提交作业。'],
  'plan.no_history': ['No full plan has been made yet.', '还没有完整计划。'],
  'plan.no_bars': ['Nothing runs or is planned in the next 24 hours.', '未来 24 小时没有运行或计划的作业。'],
  'plan.first_bars': ['The first {count} by start; choose a site to see all of it.', '按开始时间显示前 {count} 个；选择站点可查看全部。'],
  'plan.no_worth': ['There is room everywhere: nothing is scarce.', '各处均有余量，没有稀缺资源。'],
};
