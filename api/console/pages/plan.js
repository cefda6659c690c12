// Plan: what runs where by the hour, how full the pool is, how good the plan is proven to be, and what room is worth.

import { get, getOr, session } from '../api.js';
import { AMOUNT_SCALE, LOAD_SCALE, SERIES, TIME_AXIS, chinaTime, draw as drawChart, literal } from '../chart.js';
import { afterAPause, h, put, svg } from '../dom.js';
import { clock, cny, count, instant, percent, plain } from '../format.js';
import { listen } from '../live.js';
import { choice, empty, field, figures } from '../parts.js';
import { nameOf, t } from '../words.js';

const HOURS = 24;
const HISTORY = 100;
const BARS = 1000;
const REFRESH_MS = 3000;
const WIDTH = 1200;
const LEFT = 130;
const DEEPEST = 90; // of a site among all sites, however many lanes it needs

const everyone = () => (session.may('operate') ? 'true' : null);

/** Put bars into as few lanes as they need: each into the first that is free when it starts. */
function laneOf(bars) {
  const free = [];
  return bars.map((bar) => {
    const start = new Date(bar.start).getTime();
    let lane = free.findIndex((until) => until <= start);
    if (lane < 0) lane = free.push(0) - 1;
    free[lane] = new Date(bar.end).getTime();
    return lane;
  });
}

/** Bars by site, in lanes; one site alone is drawn larger and with names. */
function gantt(bars, sites, from, hours, alone) {
  const to = from + hours * 3600e3;
  const x = (at) => LEFT + ((WIDTH - LEFT) * (Math.min(to, Math.max(from, new Date(at).getTime())) - from)) / (to - from);
  const groups = sites.map((site) => ({ site, bars: bars.filter((bar) => bar.site === site.id) })).filter((group) => group.bars.length);
  const shapes = [];
  let y = 24;
  for (const { site, bars: mine } of groups) {
    const lanes = laneOf(mine);
    const many = Math.max(...lanes) + 1;
    const height = alone ? 22 : Math.min(5, DEEPEST / many);
    const deep = Math.max(14, many * height);
    shapes.push(svg('text', { x: 0, y: y + 11, class: 'gantt-site' }, nameOf(site).slice(0, 20)), svg('line', { x1: 0, x2: WIDTH, y1: y - 2, y2: y - 2, class: 'gantt-line' }));
    mine.forEach((bar, index) => {
      const [left, right, top] = [x(bar.start), x(bar.end), y + lanes[index] * height];
      const words = `${bar.name} · ${instant(bar.start)} – ${instant(bar.end)}`;
      shapes.push(svg('a', { href: `#/jobs/${encodeURIComponent(bar.job)}`, tabindex: alone ? 0 : -1, 'aria-label': words }, svg('title', null, words),
        svg('rect', { x: left, y: top, width: Math.max(2, right - left), height: Math.max(0.5, height - (height > 3 ? 1 : 0)), rx: height > 3 ? 2 : 0, class: `bar-mark ${bar.state}` }),
        alone && right - left > 60 && svg('text', { x: left + 4, y: top + 15, class: 'bar-name' }, bar.name.slice(0, Math.floor((right - left) / 8)))));
    });
    y += deep + 8;
  }
  const ticks = Array.from({ length: 9 }, (_, i) => from + (i * (to - from)) / 8).map((at) => svg('g', null, svg('line', { x1: x(at), x2: x(at), y1: 18, y2: y, class: 'gantt-line' }), svg('text', { x: Math.min(x(at), WIDTH - 34), y: 12, class: 'gantt-tick' }, clock(at))));
  return svg('svg', { viewBox: `0 0 ${WIDTH} ${y + 4}`, class: 'gantt', role: 'group', 'aria-label': t('plan.gantt') }, ticks, shapes);
}

async function drawHeat(element, use, sites) {
  const rows = sites.filter((site) => use.sites.some((row) => row.site === site.id)).reverse();
  const byId = new Map(use.sites.map((row) => [row.site, row.used]));
  if (!rows.length) { put(element, empty()); return; }
  const times = byId.get(rows[0].id).map((_, i) => chinaTime(new Date(use.start).getTime() + i * use.step_minutes * 60e3));
  await drawChart(element, [{ type: 'heatmap', x: times, y: rows.map((site) => literal(nameOf(site))), z: rows.map((site) => byId.get(site.id).map((share) => 100 * share)), zmin: 0, zmax: 100, colorscale: LOAD_SCALE, colorbar: { ticksuffix: ' %', thickness: 12 }, hovertemplate: '%{y}<br>%{x}<br>%{z:.0f} %<extra></extra>' }],
    { height: Math.max(360, 90 + 15 * rows.length), xaxis: TIME_AXIS, yaxis: { dtick: 1, tickfont: { size: 10 } } });
}

async function drawHistory(element, plans) {
  const known = plans.filter((plan) => plan.policy === 'optimal').reverse();
  if (!known.length) { put(element, empty(t('plan.no_history'))); return; }
  const x = known.map((plan) => chinaTime(plan.created_at));
  await drawChart(element, [
    { x, y: known.map((plan) => plan.objective_cny), name: t('plan.objective'), mode: 'lines+markers' },
    { x, y: known.map((plan) => plan.lower_bound_cny), name: t('plan.bound'), mode: 'lines+markers', line: { dash: 'dot' } },
    { x, y: known.map((plan) => 100 * plan.gap), name: `${t('what.gap')} (%)`, yaxis: 'y2', type: 'bar', opacity: 0.35, marker: { color: SERIES[5] } },
  ], { xaxis: TIME_AXIS, yaxis: { title: { text: 'CNY' } }, yaxis2: { overlaying: 'y', side: 'right', showgrid: false, rangemode: 'tozero', ticksuffix: ' %', automargin: true } });
}

async function drawWorth(element, worth, resource, sites) {
  const rows = worth.sites.filter((row) => row.resources[resource]);
  if (!rows.length) { put(element, empty(t('plan.no_worth'))); return; }
  const named = new Map(sites.map((site) => [site.id, site]));
  const x = rows[0].resources[resource].map((_, i) => chinaTime(new Date(worth.start).getTime() + i * worth.step_minutes * 60e3));
  await drawChart(element, [{ type: 'heatmap', x, y: rows.map((row) => literal(nameOf(named.get(row.site)) || row.site)), z: rows.map((row) => row.resources[resource]), colorscale: AMOUNT_SCALE, colorbar: { thickness: 12 }, hovertemplate: '%{y}<br>%{x}<br>%{z:.4f} CNY/h<extra></extra>' }],
    { height: Math.max(240, 90 + 18 * rows.length), xaxis: TIME_AXIS, yaxis: { dtick: 1 } });
}

const card = (title, id, ...children) => h('section', { class: 'card', id, 'aria-labelledby': `${id}-title` }, h('h2', { id: `${id}-title` }, title), children);

export async function show(view, { query, signal }) {
  const { sites } = await get('/v1/sites', null, signal);
  const boxes = { head: h('div'), gantt: h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t('plan.gantt') }), heat: h('div', { class: 'chart', id: 'heat' }), history: h('div', { class: 'chart', id: 'history' }), worth: h('div', { class: 'chart', id: 'worth' }) };
  const siteChoice = choice('gantt-site', [['', t('jobs.all_sites')], ...sites.map((site) => [site.id, nameOf(site)])], query.get('site') ?? '', { onchange: () => drawBars().catch(quiet) });
  const resourceChoice = choice('worth-of', [], '', { onchange: () => drawWorth(boxes.worth, worth, resourceChoice.value, sites).catch(quiet) });
  let worth = { sites: [] };
  const quiet = (error) => { if (error.name !== 'AbortError') put(boxes.head, h('p', { class: 'fault' }, error.message)); };

  async function drawHead() {
    const plans = (await getOr({ plans: [] }, '/v1/plans', { limit: HISTORY }, signal)).plans;
    const last = plans.find((plan) => plan.policy === 'optimal') ?? plans[0];
    put(boxes.head, last ? figures([[t('what.gap'), percent(last.gap, 3)], [t('plan.objective'), cny(last.objective_cny)], [t('plan.bound'), cny(last.lower_bound_cny)], [t('plan.placed'), count(last.placed)], [t('plan.refused'), count(last.refused)], [t('plan.seconds'), `${plain(last.solve_seconds, 2)} s`], [t('plan.made'), instant(last.created_at)]], { id: 'plan-figures' }) : empty(t('plan.none')));
    await drawHistory(boxes.history, plans);
  }

  async function drawBars() {
    const site = siteChoice.value;
    const { bars = [], as_of: asOf } = await getOr({}, '/v1/plans/latest/timeline', { site, hours: HOURS, limit: BARS, everyone: everyone() }, signal);
    const from = new Date(asOf ?? Date.now()).getTime();
    put(boxes.gantt, bars.length ? gantt(bars, sites, from, HOURS, Boolean(site)) : empty(t('plan.no_bars')));
    boxes.gantt.dataset.bars = bars.length;
  }

  async function drawUse() {
    await drawHeat(boxes.heat, await getOr({ sites: [] }, '/v1/plans/latest/utilisation', { hours: HOURS, step_minutes: 60 }, signal), sites);
  }

  async function drawPrices() {
    worth = await getOr({ sites: [] }, '/v1/plans/latest/shadow-prices', { hours: HOURS, step_minutes: 60 }, signal);
    const resources = [...new Set(worth.sites.flatMap((row) => Object.keys(row.resources)))].sort();
    const before = resourceChoice.value;
    put(resourceChoice, resources.map((name) => h('option', { value: name, selected: name === before }, name)));
    await drawWorth(boxes.worth, worth, resourceChoice.value, sites);
  }

  const drawAll = () => Promise.all([drawHead(), drawBars(), drawUse(), drawPrices()]);
  view.append(h('h1', null, t('page.plan')), boxes.head,
    card(t('plan.gantt'), 'gantt', h('div', { class: 'fields' }, field(t('what.site'), siteChoice)), boxes.gantt),
    card(t('plan.heat'), 'heat-card', boxes.heat), card(t('plan.history'), 'history-card', boxes.history),
    card(t('plan.worth'), 'worth-card', h('p', { class: 'faint' }, t('plan.worth_words')), h('div', { class: 'fields' }, field(t('plan.resource'), resourceChoice)), boxes.worth));
  await drawAll();
  const refresh = afterAPause(REFRESH_MS, () => { if (!signal.aborted) drawAll().catch(quiet); });
  listen(signal, (event) => { if (event.kind.startsWith('plan.')) refresh(); });
}
