// Words of the map.

export const map = {
  'map.title': ['Sites of the pool on a map of China', '算力资源分布图'],
  'map.colour': ['Colour by', '着色方式'],
  'map.by_load': ['load', '负载'],
  'map.by_price': ['power price', '电价'],
  'map.by_carbon': ['carbon of power', '电力碳强度'],
  'map.no_site': ['none', '未选择'],
  'map.pick': ['Choose a site on the map or in the list.', '请在地图或列表中选择站点。'],
  'map.play': ['Play', '播放'],
  'map.pause': ['Pause', '暂停'],
  'map.power': ['Power limit', '功率上限'],
  'map.cores': ['CPU cores', 'CPU 核数'],
  'map.accelerators': ['Accelerators', '加速卡'],
  'map.queue': ['Running and planned here', '在此运行和计划的作业'],
  'map.no_queue': ['Nothing runs or is planned here.', '暂无运行或计划的作业。'],
  'map.key': ['Circles: sites, sized by power. Curves: work, from where its users are to where it runs. Lines: links, wider under load.', '圆点：站点，大小表示功率；曲线：算力流向，从用户所在地到运行地；直线：链路，越粗负载越高。'],
  'map.source': ['Outlines: Apache ECharts map data, simplified; for drawing only.', '底图：Apache ECharts 地图数据（已简化，仅作示意）。'],
  'site.silent': ['does not answer', '无响应'],
  'site.cordoned': ['cordoned', '已封锁'],
  'site.draining': ['draining', '排空中'],
  'site.well': ['No alarm.', '无告警。'],
};
