// The explanation of a job in words. English sentences come from the service, as its command line says them; Chinese ones are made here, of the same data.

import { instant, plain } from './format.js';
import { t, tOr } from './words.js';

const NAMED = 6; // sites named in a list; the rest are counted
const UNIT = { h: ['h', '小时'], ms: ['ms', '毫秒'], CNY: ['CNY', '元'], kg: ['kg CO₂e', 'kg CO₂e'], tasks: ['', ''] };

const unitOf = (unit, zh) => (UNIT[unit] ?? [unit, unit])[zh ? 1 : 0];
const province = (id) => tOr(`province.${id}`, id);
const isChinese = () => document.documentElement.lang.startsWith('zh');

function target(field, to) {
  if (field === 'residency') return province(to);
  return isChinese() ? to.replaceAll(' and ', '、').replace(/ CNY$/, ' 元') : to;
}

/** What one change asks for. */
export function changeWords(change) {
  const amount = change.amount === null ? '' : `${plain(change.amount, 2)} ${unitOf(change.unit, isChinese())}`.trim();
  return t(`change.${change.field}`, { amount, to: target(change.field, change.to) });
}

/** What one step of leeway is. */
export const marginWords = (margin) => t(`margin.${margin.field}`, { to: target(margin.field, margin.to ?? '') });

const runCny = (option) => option.cost.energy_cny + option.cost.carbon_cny + option.cost.network_cny;
const yuan = (amount) => (Math.abs(amount) >= 0.1 || amount === 0 ? `${plain(amount, 2)} 元` : `${Number(amount.toPrecision(2))} 元`);

function difference(extra) {
  if (Math.abs(extra) < 1e-6) return '成本相同';
  return extra > 0 ? `贵 ${yuan(extra)}` : `便宜 ${yuan(-extra)}（计划完成后才空出的资源）`;
}

/** The whole explanation in Chinese: paragraphs as `render` of scheduler/explanation.py orders them. */
export function inChinese(explanation, job, name) {
  const { chosen, next_best: next, sites, changes, marginals } = explanation;
  const where = (option) => `${(option.replicas?.length ? option.replicas : [option.site]).map(name).join('与')}${option.accelerator ? `（${option.accelerator}）` : ''}`;
  const option = (each) => `${where(each)}，${instant(each.start)} 至 ${instant(each.end)}`;
  const lines = [chosen
    ? `${job} 安排在${option(chosen)}，成本 ${yuan(runCny(chosen))}：电费 ${yuan(chosen.cost.energy_cny)}，碳成本 ${yuan(chosen.cost.carbon_cny)}，网络 ${yuan(chosen.cost.network_cny)}；排放 ${plain(chosen.carbon_kg, 3)} kg CO₂。`
    : `${job} 不运行。放弃它的代价是其价值 ${yuan(explanation.value_cny)}。`];
  if (chosen) lines.push(next ? `次优方案：${option(next)}，${difference(runCny(next) - runCny(chosen))}。` : '没有其他方案：在它的约束下，别的站点和时段都没有余量。');
  const others = sites.filter((site) => site.best && site.site !== chosen?.site);
  if (others.length) {
    lines.push('其他站点（其余作业位置不变）：');
    for (const site of others.slice(0, NAMED)) {
      const cost = `${yuan(runCny(site.best))}，${instant(site.best.start)} 开始`;
      const beside = chosen ? difference(site.extra_cny) : site.reason === 'NOT_WORTH_IT' ? `比作业价值高 ${yuan(site.extra_cny)}` : '放得下，但为了整体更优的计划没有安排';
      lines.push(`  ${name(site.site)}：${cost}，${beside}`);
    }
    if (others.length > NAMED) lines.push(`  另有 ${others.length - NAMED} 个站点，都更贵`);
  }
  const refused = new Map();
  for (const site of sites) if (site.reason && !site.best) refused.set(site.reason, [...(refused.get(site.reason) ?? []), name(site.site)]);
  if (refused.size) lines.push('不可行的站点：');
  for (const [reason, names] of [...refused].sort((a, b) => b[1].length - a[1].length)) {
    lines.push(`  ${names.length} 个：${t(`reason.${reason}`)}（${names.slice(0, NAMED).join('、')}${names.length > NAMED ? ' 等' : ''}）`);
  }
  if (!changes.length) lines.push(chosen ? '只改动一项，成本不会明显下降。' : '在当前计划期内，只改动一项无法使其运行。');
  else lines.push(chosen ? '怎样更便宜：' : '怎样才能运行：');
  for (const change of changes) lines.push(`  ${changeWords(change)}：${option(change.result)}，成本 ${yuan(runCny(change.result))}${change.saving_cny === null ? '' : `，节省 ${yuan(change.saving_cny)}`}`);
  const helpful = marginals.filter((margin) => margin.saving_cny > 0);
  if (helpful.length) lines.push('按计划自身的价格（已计入占用资源对其他作业的价值）：');
  for (const margin of helpful) lines.push(`  ${marginWords(margin)}，可省 ${yuan(margin.saving_cny)}`);
  return lines.join('\n');
}
