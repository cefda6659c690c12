// Names of the provincial areas.

export const provinces = {
  'province.anhui': ['Anhui', '安徽'], 'province.beijing': ['Beijing', '北京'], 'province.chongqing': ['Chongqing', '重庆'],
  'province.fujian': ['Fujian', '福建'], 'province.gansu': ['Gansu', '甘肃'], 'province.guangdong': ['Guangdong', '广东'],
  'province.guangxi': ['Guangxi', '广西'], 'province.guizhou': ['Guizhou', '贵州'], 'province.hainan': ['Hainan', '海南'],
  'province.hebei': ['Hebei', '河北'], 'province.heilongjiang': ['Heilongjiang', '黑龙江'], 'province.henan': ['Henan', '河南'],
  'province.hubei': ['Hubei', '湖北'], 'province.hunan': ['Hunan', '湖南'], 'province.inner-mongolia': ['Inner Mongolia', '内蒙古'],
  'province.jiangsu': ['Jiangsu', '江苏'], 'province.jiangxi': ['Jiangxi', '江西'], 'province.jilin': ['Jilin', '吉林'],
  'province.liaoning': ['Liaoning', '辽宁'], 'province.ningxia': ['Ningxia', '宁夏'], 'province.qinghai': ['Qinghai', '青海'],
  'province.shaanxi': ['Shaanxi', '陕西'], 'province.shandong': ['Shandong', '山东'], 'province.shanghai': ['Shanghai', '上海'],
  'province.shanxi': ['Shanxi', '山西'], 'province.sichuan': ['Sichuan', '四川'], 'province.tianjin': ['Tianjin', '天津'],
  'province.tibet': ['Tibet', '西藏'], 'province.xinjiang': ['Xinjiang', '新疆'], 'province.yunnan': ['Yunnan', '云南'], 'province.zhejiang': ['Zhejiang', '浙江'],
};
