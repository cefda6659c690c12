// Map: where the work is and will be, by the hour; what each place costs and how full it is.

import { get, getOr, session } from '../api.js';
import { Atlas } from '../atlas.js';
import { AMOUNT_SCALE, LOAD_SCALE, TIME_AXIS, chinaTime, draw as drawChart, onScale } from '../chart.js';
import { afterAPause, h, onceAFrame, put } from '../dom.js';
import { count, gPerKwh, gbps, instant, kw, ms, perKwh, percent, plain } from '../format.js';
import { listen } from '../live.js';
import { choice, empty, field, figures, stateMark, table } from '../parts.js';
import { nameOf, t } from '../words.js';

const HOURS = 48;
const STEP = 60; // minutes
const REFRESH_MS = 3000;
const PLAY_MS = 450;
const FLOWS_MAX = 120; // of an hour; more would be a tangle

/** Everything the map shows, one frame an hour. */
async function readWorld(signal) {
  const everyone = session.may('operate') ? 'true' : null;
  const window = { hours: HOURS, step_minutes: STEP };
  const [use, flows, roads] = await Promise.all([
    getOr({ sites: [] }, '/v1/plans/latest/utilisation', window, signal),
    getOr({ frames: [] }, '/v1/plans/latest/flows', { ...window, everyone, largest: FLOWS_MAX }, signal),
    getOr({ links: [] }, '/v1/plans/latest/links', { ...window, everyone }, signal),
  ]);
  return { use: new Map(use.sites.map((site) => [site.site, site.used])), start: use.start ?? new Date().toISOString(), flows: flows.frames.map((frame) => frame.flows), roads: roads.links };
}

/** Hourly means of a site's series of slots. */
const hourly = (values, slotMinutes, hour) => {
  const each = STEP / slotMinutes;
  const part = values.slice(hour * each, (hour + 1) * each);
  return part.length ? part.reduce((sum, value) => sum + value, 0) / part.length : null;
};

function range(values) {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return { low, high, share: (value) => (value === null ? null : high > low ? (value - low) / (high - low) : 0.5) };
}

function metricOf(name, sites, prices, world, hour) {
  if (name === 'load') return { scale: LOAD_SCALE, value: (id) => world.use.get(id)?.[hour] ?? null, share: (id) => world.use.get(id)?.[hour] ?? null, words: percent, low: 0, high: 1 };
  const series = name === 'price' ? 'power_cny_per_kwh' : 'carbon_g_per_kwh';
  const value = (id) => { const row = prices.get(id); return row ? hourly(row[series], row.slot_minutes, hour) : null; };
  const { low, high, share } = range(sites.map((site) => value(site.id)));
  return { scale: AMOUNT_SCALE, value, share: (id) => share(value(id)), words: name === 'price' ? perKwh : gPerKwh, low, high };
}

const legend = (metric) => h('div', { class: 'map-legend' }, h('span', null, metric.words(metric.low)),
  h('span', { class: 'ramp', 'aria-hidden': 'true' }, Array.from({ length: 24 }, (_, i) => h('span', { style: { background: onScale(metric.scale, i / 23) } }))), h('span', null, metric.words(metric.high)));

function alarms(site) {
  const said = [!site.answering && t('site.silent'), site.cordoned && t('site.cordoned'), site.draining && t('site.draining'), site.detail].filter(Boolean);
  return said.length ? h('p', { class: 'fault' }, said.join(' · ')) : h('p', { class: 'faint' }, t('site.well'));
}

/** What one site is, costs and does. */
async function drawSite(box, site, price, world, hour, signal) {
  const chart = h('div', { class: 'chart' });
  const queue = h('div');
  const held = Object.entries(site.accelerators).map(([model, units]) => `${count(units)} × ${model}`).join(', ') || '–';
  put(box, h('h2', null, nameOf(site), ' ', h('span', { class: 'faint' }, `${site.id} · ${t(`kind.${site.kind}`)}`)), alarms(site),
    figures([[t('what.load'), percent(world.use.get(site.id)?.[hour])], [t('map.power'), kw(site.power_limit_kw)], [t('map.cores'), count(site.cpu_cores)], [t('map.accelerators'), held],
      [t('what.price'), price ? perKwh(hourly(price.power_cny_per_kwh, price.slot_minutes, hour)) : '–'], [t('what.carbon'), price ? gPerKwh(hourly(price.carbon_g_per_kwh, price.slot_minutes, hour)) : '–']]),
    chart, h('h3', null, t('map.queue')), queue);
  const bars = await getOr({ bars: [] }, '/v1/plans/latest/timeline', { site: site.id, hours: HOURS, limit: 20, everyone: session.may('operate') ? 'true' : null }, signal);
  put(queue, bars.bars.length ? table([{ head: t('what.job'), cell: (bar) => h('a', { href: `#/jobs/${encodeURIComponent(bar.job)}` }, bar.name), wide: true }, { head: t('what.state'), cell: (bar) => stateMark(bar.state) },
    { head: t('what.start'), cell: (bar) => instant(bar.start), number: true }, { head: t('what.end'), cell: (bar) => instant(bar.end), number: true }], bars.bars, { caption: t('map.queue') }) : empty(t('map.no_queue')));
  if (!price) return;
  const times = price.power_cny_per_kwh.map((_, slot) => chinaTime(new Date(price.start).getTime() + slot * price.slot_minutes * 60e3));
  await drawChart(chart, [{ x: times, y: price.power_cny_per_kwh, name: `${t('what.price')} (CNY/kWh)`, line: { shape: 'hv' } }, { x: times, y: price.carbon_g_per_kwh, name: `${t('what.carbon')} (g/kWh)`, yaxis: 'y2', line: { shape: 'hv', dash: 'dot' } }],
    { height: 220, xaxis: TIME_AXIS, yaxis: { rangemode: 'tozero' }, yaxis2: { overlaying: 'y', side: 'right', showgrid: false, rangemode: 'tozero', automargin: true } });
}

export async function show(view, { query, signal }) {
  const [{ sites }, { cities }, { links }, { prices }, outlines, first] = await Promise.all([get('/v1/sites', null, signal), get('/v1/cities', null, signal), get('/v1/links', null, signal),
    get('/v1/prices', { hours: HOURS }, signal), fetch('/console/outlines.json', { signal }).then((answer) => answer.json()), readWorld(signal)]);
  const byId = new Map(sites.map((site) => [site.id, site]));
  const named = new Map([...cities, ...sites].map((place) => [place.id, place]));
  const priceOf = new Map(prices.map((row) => [row.site, row]));
  const shown = { world: first, hour: 0, metric: 'load', site: query.get('site') ?? '' };
  const panel = h('section', { class: 'card', id: 'site-panel', 'aria-live': 'polite' }, empty(t('map.pick')));
  const ramp = h('div');
  const when = h('output', { id: 'map-time', for: 'hour' });
  const slider = h('input', { id: 'hour', type: 'range', min: 0, max: HOURS - 1, step: 1, value: 0, oninput: () => { shown.hour = Number(slider.value); repaint(); } });
  const metricChoice = choice('metric', ['load', 'price', 'carbon'].map((name) => [name, t(`map.by_${name}`)]), 'load', { onchange: () => { shown.metric = metricChoice.value; repaint(); } });
  const siteChoice = choice('site', [['', t('map.no_site')], ...sites.map((site) => [site.id, nameOf(site)])], shown.site, { onchange: () => pick(siteChoice.value) });
  const atlas = new Atlas({ sites, cities, links, outlines, label: t('map.title'), pick });
  let player = 0;
  const play = h('button', { type: 'button', id: 'play', 'aria-pressed': 'false', onclick: togglePlay }, t('map.play'));

  const paint = () => {
    const { world, hour } = shown;
    const metric = metricOf(shown.metric, sites, priceOf, world, hour);
    atlas.paint(metric.scale, metric.share, (id) => `${nameOf(byId.get(id))}: ${metric.words(metric.value(id))}`);
    atlas.load(new Map(world.roads.filter((road) => road.gbps[hour] > 0).map((road) => [road.link, { share: road.gbps[hour] / road.capacity_gbps, words: `${road.link}: ${plain(road.gbps[hour], 1)} / ${gbps(road.capacity_gbps)}` }])));
    atlas.flow((world.flows[hour] ?? []).map((flow) => ({ ...flow, amount: flow.it_kw, words: `${nameOf(named.get(flow.origin))} → ${nameOf(named.get(flow.site))}: ${count(flow.jobs)} · ${kw(flow.it_kw)} · ${ms(flow.rtt_ms)}` })));
    atlas.alarm(new Map([...byId.values()].map((site) => [site.id, !site.answering ? 'lost' : site.cordoned || site.draining ? 'cordoned' : ''])));
    when.textContent = instant(new Date(new Date(world.start).getTime() + hour * STEP * 60e3));
    slider.setAttribute('aria-valuetext', when.textContent);
    put(ramp, legend(metric));
    atlas.element.dataset.hour = hour;
  };
  const repaint = onceAFrame(paint);

  function pick(id) {
    shown.site = id;
    siteChoice.value = id;
    atlas.select(id);
    history.replaceState(null, '', `#/map${id ? `?site=${encodeURIComponent(id)}` : ''}`);
    if (!id) { put(panel, empty(t('map.pick'))); return; }
    drawSite(panel, byId.get(id), priceOf.get(id), shown.world, shown.hour, signal).catch((error) => { if (error.name !== 'AbortError') put(panel, h('p', { class: 'fault' }, error.message)); });
  }

  function togglePlay() {
    const running = player !== 0;
    clearInterval(player);
    player = running ? 0 : setInterval(() => { shown.hour = (shown.hour + 1) % HOURS; slider.value = shown.hour; repaint(); }, PLAY_MS);
    play.textContent = t(running ? 'map.play' : 'map.pause');
    play.setAttribute('aria-pressed', String(!running));
  }
  signal.addEventListener('abort', () => clearInterval(player), { once: true });

  view.append(h('h1', null, t('page.map')),
    h('div', { class: 'fields' }, field(t('map.colour'), metricChoice), field(t('what.site'), siteChoice), h('div', null, h('label', { for: 'hour' }, t('what.time'), ' ', when), slider), h('div', { class: 'low' }, play)),
    h('div', { class: 'map-columns' }, h('section', { class: 'card' }, atlas.element, ramp, h('p', { class: 'faint' }, t('map.key')), h('p', { class: 'faint' }, t('map.source'))), panel));
  paint();
  if (byId.has(shown.site)) pick(shown.site);

  const refresh = afterAPause(REFRESH_MS, async () => {
    if (signal.aborted) return;
    const [world, now] = await Promise.all([readWorld(signal), get('/v1/sites', null, signal)]);
    shown.world = world;
    for (const site of now.sites) byId.set(site.id, site);
    repaint();
  });
  listen(signal, (event) => { if (/^(plan|site)\./.test(event.kind)) refresh(); });
}
