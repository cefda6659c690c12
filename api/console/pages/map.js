// Map: where the work is and will be, by the hour; what each place costs and how full it is.

import { get, getOr, session } from '../api.js';
import { Atlas } from '../atlas.js';
import { Clock } from '../clock.js';
import { h, put } from '../dom.js';
import { count, gPerKwh, gbps, kw, ms, perKwh, percent, plain } from '../format.js';
import { listen } from '../live.js';
import { newest, onceAFrame } from '../pace.js';
import { choice, field, figures, quiet } from '../parts.js';
import { amountScale, loadScale, onScale } from '../scales.js';
import { drawPool, drawSite, turnSite } from '../site-panel.js';
import { nameOf, shortName, t } from '../words.js';

const HOURS = 48;
const STEP = 60; // minutes
const REFRESH_MS = 3000;
const PRICES_STAND_MS = 300_000; // they change by the quarter of an hour, and are long
const FLOWS_MAX = 120; // of an hour; more would be a tangle

/** What places cost, by site. */
async function readPrices(signal) {
  const { prices } = await get('/v1/prices', { hours: HOURS }, signal);
  return { readAt: Date.now(), bySite: new Map(prices.map((row) => [row.site, row])) };
}

/** Everything the map shows, one frame an hour. */
async function readWorld(signal, before) {
  const everyone = session.may('operate') ? 'true' : null;
  const window = { hours: HOURS, step_minutes: STEP };
  const [use, flows, roads, prices] = await Promise.all([
    getOr({ sites: [] }, '/v1/plans/latest/utilisation', window, signal),
    getOr({ frames: [] }, '/v1/plans/latest/flows', { ...window, everyone, largest: FLOWS_MAX }, signal),
    getOr({ links: [] }, '/v1/plans/latest/links', { ...window, everyone }, signal),
    before && Date.now() - before.prices.readAt < PRICES_STAND_MS ? before.prices : readPrices(signal),
  ]);
  return { use: new Map(use.sites.map((site) => [site.site, site.used])), start: use.start ?? new Date().toISOString(), frames: flows.frames, roads: roads.links, prices };
}

/** The mean of a site's series of slots in the hour that begins at `at` [ms]: prices and plan need not begin at the same instant. */
const hourly = (row, values, at) => {
  const slots = (minutes) => Math.round(minutes / row.slot_minutes);
  const first = Math.max(0, slots((at - new Date(row.start).getTime()) / 60e3));
  const part = values.slice(first, first + slots(STEP));
  return part.length ? part.reduce((sum, value) => sum + value, 0) / part.length : null;
};

function range(values) {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return { low, high, share: (value) => (value === null ? null : high > low ? (value - low) / (high - low) : 0.5) };
}

const SERIES = { price: 'power_cny_per_kwh', carbon: 'carbon_g_per_kwh' };
const ofRow = (row, name, at) => (row ? hourly(row, row[SERIES[name]], at) : null);
const hourAt = (world, hour) => new Date(world.start).getTime() + hour * STEP * 60e3;

function metricOf(name, sites, world, hour) {
  if (name === 'load') return { scale: loadScale(), value: (id) => world.use.get(id)?.[hour] ?? null, share: (id) => world.use.get(id)?.[hour] ?? null, words: percent, low: 0, high: 1 };
  const value = (id) => ofRow(world.prices.bySite.get(id), name, hourAt(world, hour));
  const { low, high, share } = range(sites.map((site) => value(site.id)));
  return { scale: amountScale(), value, share: (id) => share(value(id)), words: name === 'price' ? perKwh : gPerKwh, low, high };
}

const legend = (metric, label) => h('div', { class: 'map-legend' }, h('strong', null, label), h('span', null, metric.words(metric.low)),
  h('span', { class: 'ramp', 'aria-hidden': 'true' }, Array.from({ length: 24 }, (_, i) => h('span', { style: { background: onScale(metric.scale, i / 23) } }))), h('span', null, metric.words(metric.high)),
  h('span', { class: 'flow-key' }, t('map.users'), h('span', { class: 'flow-ramp', 'aria-hidden': 'true' }), t('map.runs')));

export async function show(view, { query, signal }) {
  const [{ sites }, { cities }, { links }, outlines, first] = await Promise.all([get('/v1/sites', null, signal), get('/v1/cities', null, signal), get('/v1/links', null, signal),
    fetch('/console/outlines.json', { signal }).then((answer) => answer.json()), readWorld(signal)]);
  const byId = new Map(sites.map((site) => [site.id, site]));
  const named = new Map([...cities, ...sites].map((place) => [place.id, place]));
  const name = (id) => nameOf(named.get(id)) || id;
  const short = (id) => shortName(named.get(id)) || id;
  const shown = { world: first, hour: 0, metric: 'load', site: query.get('site') ?? '' };
  const panel = h('section', { class: 'card', id: 'site-panel' });
  const ramp = h('div'), sums = h('div');
  const metricChoice = choice('metric', ['load', 'price', 'carbon'].map((each) => [each, t(`map.by_${each}`)]), 'load', { onchange: () => { shown.metric = metricChoice.value; repaint(); } });
  const siteChoice = choice('site', [['', t('map.no_site')], ...sites.map((site) => [site.id, nameOf(site)])], shown.site, { onchange: () => pick(siteChoice.value) });
  const atlas = new Atlas({ sites, cities, links, outlines, label: t('map.title'), pick, short: shortName });
  const clock = new Clock({ hours: HOURS, signal, turn: (hour) => { shown.hour = hour; repaint(); } });

  const frame = () => shown.world.frames[shown.hour] ?? { flows: [], jobs: 0, it_kw: 0 };
  const figuresAt = (id) => {
    const { world, hour } = shown;
    const price = (what) => ofRow(world.prices.bySite.get(id), what, hourAt(world, hour));
    return { load: world.use.get(id)?.[hour], price: price('price'), carbon: price('carbon') };
  };
  const loads = () => [...shown.world.use].map(([id, used]) => [id, used[shown.hour] ?? 0]);

  const paint = () => {
    const { world, hour } = shown;
    const metric = metricOf(shown.metric, sites, world, hour);
    const { flows, jobs, it_kw: power } = frame();
    atlas.paint(metric.scale, metric.share, (id) => `${name(id)}: ${metric.words(metric.value(id))}`);
    atlas.load(new Map(world.roads.filter((road) => road.gbps[hour] > 0).map((road) => [road.link, { share: road.gbps[hour] / road.capacity_gbps, words: `${road.link}: ${plain(road.gbps[hour], 1)} / ${gbps(road.capacity_gbps)}` }])));
    atlas.flow(flows.map((flow) => ({ ...flow, amount: flow.it_kw, words: `${name(flow.origin)} → ${name(flow.site)}: ${t('map.jobs', { count: count(flow.jobs) })} · ${kw(flow.it_kw)} · ${ms(flow.rtt_ms)}` })));
    atlas.alarm(new Map([...byId.values()].map((site) => [site.id, !site.answering ? 'lost' : site.cordoned || site.draining ? 'cordoned' : ''])));
    const west = flows.filter((flow) => named.has(flow.origin) && named.has(flow.site)).reduce((sum, flow) => sum + (named.get(flow.site).longitude_deg < named.get(flow.origin).longitude_deg - 1 ? flow.it_kw : 0), 0);
    const drawn = flows.reduce((sum, flow) => sum + flow.it_kw, 0);
    put(sums, figures([[t('map.at_work'), count(jobs)], [t('map.it_power'), kw(power)], [t('map.westward'), drawn > 0 ? percent(west / drawn, 0) : '–'], [t('map.busy_sites'), `${count(loads().filter(([, load]) => load > 0).length)} / ${count(sites.length)}`]], { class: 'figures tiles' }));
    clock.show(hour);
    put(ramp, legend(metric, t(`map.by_${shown.metric}`)));
    atlas.live.dataset.hour = hour;
    if (shown.site) turnSite(panel, byId.get(shown.site), figuresAt(shown.site));
    else if (!clock.playing) drawPool(panel, { loads: loads(), flows, name, short, pick });
  };
  const repaint = onceAFrame(paint);

  function pick(id) {
    shown.site = id;
    siteChoice.value = id;
    atlas.select(id);
    panel.setAttribute('aria-live', id ? 'polite' : 'off');
    history.replaceState(null, '', `#/map${id ? `?site=${encodeURIComponent(id)}` : ''}`);
    if (!id) { repaint(); return; }
    drawSite(panel, byId.get(id), shown.world.prices.bySite.get(id), figuresAt(id), HOURS, signal).catch((error) => { if (error.name !== 'AbortError' && shown.site === id) put(panel, h('p', { class: 'fault' }, error.message)); });
  }

  const tell = () => clock.tell(shown.world.start, Array.from({ length: HOURS }, (_, hour) => shown.world.frames[hour]?.it_kw ?? 0));
  view.append(h('div', { class: 'page-head' }, h('h1', null, t('page.map')), sums), clock.element,
    h('div', { class: 'map-columns' }, h('section', { class: 'card map-card' }, h('div', { class: 'fields' }, field(t('map.colour'), metricChoice), field(t('what.site'), siteChoice)), atlas.element, ramp, h('p', { class: 'faint' }, t('map.key'), ' ', t('map.source'))), panel));
  tell();
  paint();
  if (byId.has(shown.site)) pick(shown.site);

  const readAgain = newest(() => Promise.all([readWorld(signal, shown.world), get('/v1/sites', null, signal)]), ([world, now]) => {
    shown.world = world;
    for (const site of now.sites) byId.set(site.id, site);
    tell();
    repaint();
  });
  listen(signal, REFRESH_MS, (event) => /^(plan|site)\./.test(event.kind), () => readAgain().catch(quiet));
}
