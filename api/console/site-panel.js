// Beside the map: the chosen site, or where most happens when none is chosen.

import { getOr, session } from './api.js';
import { TIME_AXIS, chinaTime, draw as drawChart } from './chart.js';
import { h, put } from './dom.js';
import { count, gPerKwh, instant, kw, ms, perKwh, percent } from './format.js';
import { empty, figures, jobLink, stateMark, table } from './parts.js';
import { nameOf, t } from './words.js';

const LISTED = 8;
const BARS = 20;

function alarms(site) {
  const said = [!site.answering && t('site.silent'), site.cordoned && t('site.cordoned'), site.draining && t('site.draining'), site.detail].filter(Boolean);
  return said.length ? h('p', { class: 'fault' }, said.join(' · ')) : h('p', { class: 'faint' }, t('site.well'));
}

/** The figures of one site; `at` holds its load, power price and carbon in the hour shown. Who moves the hour is not told each time. */
const siteFigures = (site, at) => figures([[t('what.load'), percent(at.load)], [t('map.power'), kw(site.power_limit_kw)], [t('map.cores'), count(site.cpu_cores)],
  [t('map.by_price'), perKwh(at.price)], [t('map.by_carbon'), gPerKwh(at.carbon)]], { id: 'site-figures', 'aria-live': 'off' });

/** Show another hour of the site that is drawn. */
export function turnSite(box, site, at) { box.querySelector('#site-figures')?.replaceWith(siteFigures(site, at)); }

/** What one site is, costs and does. */
export async function drawSite(box, site, price, at, hours, signal) {
  const chart = h('div', { class: 'chart' });
  const queue = h('div');
  const held = Object.entries(site.accelerators);
  put(box, h('h2', null, nameOf(site), ' ', h('span', { class: 'faint' }, `${site.id} · ${t(`kind.${site.kind}`)}`)), alarms(site),
    siteFigures(site, at),
    held.length > 0 && h('p', { class: 'chips' }, h('span', { class: 'unseen' }, t('map.accelerators')), held.map(([model, units]) => h('span', { class: 'chip' }, `${count(units)} × ${model}`))),
    chart, h('h3', null, t('map.queue')), queue);
  const { bars } = await getOr({ bars: [] }, '/v1/plans/latest/timeline', { site: site.id, hours, limit: BARS, everyone: session.may('operate') ? 'true' : null }, signal);
  put(queue, bars.length ? h('div', { class: 'tall' }, table([{ head: t('what.job'), cell: (bar) => (bar.tenant === session.who.tenant ? jobLink(bar.job, bar.name) : `${bar.tenant} · ${bar.name}`), wide: true }, { head: t('what.state'), cell: (bar) => stateMark(bar.state) },
    { head: t('what.start'), cell: (bar) => instant(bar.start), number: true }], bars, { caption: t('map.queue') })) : empty(t('map.no_queue')));
  if (!price) return;
  const times = price.power_cny_per_kwh.map((_, slot) => chinaTime(new Date(price.start).getTime() + slot * price.slot_minutes * 60e3));
  await drawChart(chart, [{ x: times, y: price.power_cny_per_kwh, name: `${t('map.by_price')} (CNY/kWh)`, line: { shape: 'hv' } }, { x: times, y: price.carbon_g_per_kwh, name: `${t('map.by_carbon')} (g/kWh)`, yaxis: 'y2', line: { shape: 'hv', dash: 'dot' } }],
    { height: 230, legend: { orientation: 'h', y: 1.3 }, xaxis: TIME_AXIS, yaxis: { rangemode: 'tozero' }, yaxis2: { overlaying: 'y', side: 'right', showgrid: false, rangemode: 'tozero', automargin: true } });
}

const meter = (share, words) => h('span', { class: 'meter-row' }, h('span', { class: 'track' }, h('span', { class: 'meter', style: { width: `${100 * Math.min(1, share)}%` } })), h('span', { class: 'number' }, words));

/** The fullest sites and the largest flows of an hour. */
export function drawPool(box, { loads, flows, name, short, pick }) {
  const fullest = [...loads].filter(([, load]) => load > 0).sort((a, b) => b[1] - a[1]).slice(0, LISTED);
  const largest = flows.filter((flow) => flow.origin !== flow.site).sort((a, b) => b.it_kw - a.it_kw).slice(0, LISTED);
  put(box, h('h2', null, t('map.fullest')),
    fullest.length ? h('ol', { class: 'ranking' }, fullest.map(([id, load]) => h('li', null, h('button', { type: 'button', class: 'quiet', 'data-site': id, onclick: () => pick(id) }, name(id)), meter(load, percent(load, 0))))) : empty(t('map.idle')),
    h('h2', null, t('map.largest')),
    largest.length ? h('ol', { class: 'ranking' }, largest.map((flow) => h('li', null, h('span', { title: `${t('what.rtt')} ${ms(flow.rtt_ms)}` }, short(flow.origin), ' → ', short(flow.site)), meter(flow.it_kw / largest[0].it_kw, kw(flow.it_kw))))) : empty(t('map.no_flows')),
    h('p', { class: 'faint' }, t('map.pick')));
}
