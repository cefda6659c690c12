// Plan: what runs where and when, how full sites are, how good plans are, what more room would be worth.

import { get, getOr, session } from '../api.js';
import { SERIES, TIME_AXIS, chinaTime, draw as drawChart, drawNone, literal } from '../chart.js';
import { h, put } from '../dom.js';
import { cny, count, instant, percent, plain } from '../format.js';
import { gantt } from '../gantt.js';
import { listen } from '../live.js';
import { newest } from '../pace.js';
import { card, choice, empty, field, figures, loading } from '../parts.js';
import { savers } from '../saving.js';
import { amountScale, loadScale } from '../scales.js';
import { nameOf, t } from '../words.js';

const HOURS = 24;
const HISTORY = 100;
const BARS = 1000;
const REFRESH_MS = 3000;

const everyone = () => (session.may('operate') ? 'true' : null);
const stepTime = (table, step) => new Date(new Date(table.start).getTime() + step * table.step_minutes * 60e3).toISOString();
/** A row of a table for every site, a column for every step. */
const grid = (table, steps, rows) => [[t('what.site'), ...Array.from({ length: steps }, (_, step) => stepTime(table, step))], rows];

function drawHeat(element, use, sites) {
  const byId = new Map(use.sites.map((row) => [row.site, row.used]));
  const rows = sites.filter((site) => byId.has(site.id)).reverse();
  if (!rows.length) return drawNone(element, empty(t('plan.none')));
  const times = byId.get(rows[0].id).map((_, step) => chinaTime(stepTime(use, step)));
  return drawChart(element, [{ type: 'heatmap', x: times, y: rows.map((site) => literal(nameOf(site))), z: rows.map((site) => byId.get(site.id).map((share) => 100 * share)), zmin: 0, zmax: 100, xgap: 1, ygap: 1, colorscale: loadScale(), colorbar: { ticksuffix: ' %', thickness: 12 }, hovertemplate: '%{y}<br>%{x}<br>%{z:.0f} %<extra></extra>' }],
    { height: Math.max(360, 90 + 15 * rows.length), xaxis: { ...TIME_AXIS, showgrid: false }, yaxis: { dtick: 1, tickfont: { size: 10 }, showgrid: false } });
}

function drawHistory(element, plans) {
  if (!plans.length) return drawNone(element, empty(t('plan.no_history')));
  const x = plans.map((plan) => chinaTime(plan.created_at));
  return drawChart(element, [
    { x, y: plans.map((plan) => plan.objective_cny), name: `${t('plan.objective')} (CNY)`, mode: 'lines+markers' },
    { x, y: plans.map((plan) => plan.lower_bound_cny), name: `${t('plan.bound')} (CNY)`, mode: 'lines+markers', line: { dash: 'dot' } },
    { x, y: plans.map((plan) => 100 * plan.gap), name: `${t('what.gap')} (%)`, yaxis: 'y2', mode: 'markers', marker: { color: SERIES[5], symbol: 'diamond' } },
  ], { xaxis: TIME_AXIS, yaxis: { title: { text: 'CNY' }, rangemode: 'tozero' }, yaxis2: { overlaying: 'y', side: 'right', showgrid: false, rangemode: 'tozero', ticksuffix: ' %', automargin: true } });
}

function drawWorth(element, worth, resource, sites) {
  const rows = worth.sites.filter((row) => row.resources[resource]);
  if (!rows.length) return drawNone(element, empty(t('plan.no_worth')));
  const named = new Map(sites.map((site) => [site.id, site]));
  const x = rows[0].resources[resource].map((_, step) => chinaTime(stepTime(worth, step)));
  return drawChart(element, [{ type: 'heatmap', x, y: rows.map((row) => literal(nameOf(named.get(row.site)) || row.site)), z: rows.map((row) => row.resources[resource]), zmin: 0, xgap: 1, ygap: 1, colorscale: amountScale(), colorbar: { thickness: 12, tickformat: '.3~g', title: { text: 'CNY/h' } }, hovertemplate: '%{y}<br>%{x}<br>%{z:.4~g} CNY/h<extra></extra>' }],
    { height: Math.max(240, 90 + 22 * rows.length), xaxis: { ...TIME_AXIS, showgrid: false }, yaxis: { dtick: 1, showgrid: false } });
}

/** The resources that have a price somewhere, the scarcest first. */
function scarcest(worth) {
  const most = new Map();
  for (const row of worth.sites) for (const [name, prices] of Object.entries(row.resources)) most.set(name, Math.max(most.get(name) ?? 0, ...prices));
  return [...most].sort((a, b) => b[1] - a[1]).map(([name]) => name);
}

export async function show(view, { query, signal }) {
  view.append(h('h1', null, t('page.plan')));
  const { sites } = await get('/v1/sites', null, signal);
  const name = (id) => nameOf(sites.find((site) => site.id === id)) || id;
  const seen = { plans: [], bars: [], use: { sites: [] }, worth: { sites: [] } };
  const boxes = { head: h('div', null, loading()), gantt: h('div', { class: 'scroll', id: 'gantt-box', tabindex: '0', role: 'region', 'aria-label': t('plan.gantt') }, loading()), heat: h('div', { class: 'chart', id: 'heat' }), history: h('div', { class: 'chart', id: 'history' }), worth: h('div', { class: 'chart', id: 'worth' }) };
  const said = h('p', { class: 'faint', role: 'status' });
  const siteChoice = choice('gantt-site', [['', t('jobs.all_sites')], ...sites.map((site) => [site.id, nameOf(site)])], query.get('site') ?? '', { onchange: () => drawBars().catch(refused) });
  const resourceChoice = choice('worth-of', [], '', { onchange: () => drawWorth(boxes.worth, seen.worth, resourceChoice.value, sites).catch(refused) });
  const refused = (error) => { if (error.name !== 'AbortError') put(boxes.head, h('p', { class: 'fault', role: 'alert' }, error.message)); };

  const drawHead = newest(() => getOr({ plans: [] }, '/v1/plans', { limit: HISTORY }, signal), async ({ plans }) => {
    const last = plans.find((plan) => plan.policy === 'optimal') ?? plans[0];
    put(boxes.head, last ? figures([[t('what.gap'), percent(last.gap, 3)], [t('plan.objective'), cny(last.objective_cny)], [t('plan.bound'), cny(last.lower_bound_cny)], [t('plan.placed'), count(last.placed)], [t('plan.refused'), count(last.refused)], [t('plan.seconds'), `${plain(last.solve_seconds, 2)} s`], [t('plan.made'), instant(last.created_at)]], { id: 'plan-figures', class: 'figures tiles' }) : empty(t('plan.none')));
    seen.plans = plans.filter((plan) => plan.policy === 'optimal').reverse();
    await drawHistory(boxes.history, seen.plans);
  });

  const readBars = (site) => getOr({}, '/v1/plans/latest/timeline', { site, hours: HOURS, limit: BARS, everyone: everyone() }, signal);
  const showBars = newest(readBars, ({ bars = [], as_of: asOf, cursor }, site) => {
    seen.bars = bars;
    const from = new Date(asOf ?? Date.now()).getTime();
    put(boxes.gantt, bars.length ? gantt(bars, sites, { from, hours: HOURS, alone: Boolean(site), tenant: session.who.tenant }) : empty(t('plan.no_bars')));
    said.textContent = cursor ? t('plan.first_bars', { count: count(bars.length) }) : '';
    Object.assign(boxes.gantt.dataset, { bars: bars.length, site });
  });
  const drawBars = () => showBars(siteChoice.value);

  const byHour = (what) => () => getOr({ sites: [] }, `/v1/plans/latest/${what}`, { hours: HOURS, step_minutes: 60 }, signal);
  const drawUse = newest(byHour('utilisation'), (use) => {
    seen.use = use;
    return drawHeat(boxes.heat, use, sites);
  });

  const drawPrices = newest(byHour('shadow-prices'), async (worth) => {
    seen.worth = worth;
    const resources = scarcest(seen.worth);
    const before = resources.includes(resourceChoice.value) ? resourceChoice.value : resources[0];
    put(resourceChoice, resources.map((each) => h('option', { value: each, selected: each === before }, each)));
    await drawWorth(boxes.worth, worth, resourceChoice.value, sites);
  });

  const rowsOf = {
    gantt: () => [['job', 'name', 'tenant', 'state', 'site', 'start', 'end', 'accelerator', 'it_kw'], seen.bars.map((bar) => [bar.job, bar.name, bar.tenant, bar.state, bar.site, bar.start, bar.end, bar.accelerator, bar.it_kw])],
    heat: () => grid(seen.use, seen.use.sites[0]?.used.length ?? 0, seen.use.sites.map((row) => [name(row.site), ...row.used])),
    history: () => [['plan', 'created_at', 'objective_cny', 'lower_bound_cny', 'gap', 'placed', 'refused', 'solve_seconds'], seen.plans.map((plan) => [plan.id, plan.created_at, plan.objective_cny, plan.lower_bound_cny, plan.gap, plan.placed, plan.refused, plan.solve_seconds])],
    worth: () => {
      const rows = seen.worth.sites.flatMap((row) => Object.entries(row.resources).map(([resource, prices]) => [row.site, resource, ...prices]));
      return [['site', 'resource', ...Array.from({ length: (rows[0]?.length ?? 2) - 2 }, (_, step) => stepTime(seen.worth, step))], rows];
    },
  };
  const part = (name, id, children) => card(t(`plan.${name}`), id, children, savers(name, t(`plan.${name}`), { box: boxes[name], rows: rowsOf[name] }));
  const drawAll = () => Promise.all([drawHead(), drawBars(), drawUse(), drawPrices()]);
  view.append(boxes.head, part('gantt', 'gantt', [h('div', { class: 'fields' }, field(t('what.site'), siteChoice)), said, boxes.gantt]),
    part('heat', 'heat-card', boxes.heat), part('history', 'history-card', boxes.history),
    part('worth', 'worth-card', [h('p', { class: 'faint' }, t('plan.worth_words')), h('div', { class: 'fields' }, field(t('plan.resource'), resourceChoice)), boxes.worth]));
  listen(signal, REFRESH_MS, (event) => event.kind.startsWith('plan.'), () => drawAll().catch(refused));
  await drawAll();
}
