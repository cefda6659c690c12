// Bars in time: what runs where. One row of lanes a site; one site alone is drawn larger and with names.

import { svg } from './dom.js';
import { clock, instant } from './format.js';
import { nameOf, t } from './words.js';

const WIDTH = 1200;
const LEFT = 170;
const TOP = 26;
const NAME_MAX = 24; // letters of a site's name
const DEEPEST = 60; // of a site among all sites, however many lanes it needs
const TICKS = 8;

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

const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

const pageOf = (bar) => `#/jobs/${encodeURIComponent(bar.job)}`;
const wordsOf = (bar, mine) => [!mine && bar.tenant, bar.name, `${instant(bar.start)} – ${instant(bar.end)}`].filter(Boolean).join(' · ');

/** Draw bars [{job, tenant, name, state, site, start, end}] from `from` [ms] on. Those of `tenant` lead to their jobs; others may only be seen. */
export function gantt(bars, sites, { from, hours, alone, tenant }) {
  const isMine = (bar) => bar.tenant === tenant;
  const holder = (bar) => (isMine(bar) ? ['a', { href: pageOf(bar), 'aria-label': wordsOf(bar, true) }] : ['g', { role: 'img', 'aria-label': wordsOf(bar, false) }]);
  const to = from + hours * 3600e3;
  const x = (at) => LEFT + ((WIDTH - LEFT) * (Math.min(to, Math.max(from, new Date(at).getTime())) - from)) / (to - from);
  const bySite = Map.groupBy ? Map.groupBy(bars, (bar) => bar.site) : bars.reduce((map, bar) => map.set(bar.site, [...(map.get(bar.site) ?? []), bar]), new Map());
  const byMark = new Map();
  const bands = [], shapes = [];
  let y = TOP;
  sites.filter((site) => bySite.has(site.id)).forEach((site, row) => {
    const mine = bySite.get(site.id);
    const lanes = laneOf(mine);
    const many = Math.max(...lanes) + 1;
    const height = alone ? 24 : Math.min(6, DEEPEST / many);
    const deep = Math.max(16, many * height) + 6;
    if (row % 2 === 0) bands.push(svg('rect', { x: 0, y, width: WIDTH, height: deep, class: 'gantt-band' }));
    shapes.push(svg('text', { x: 6, y: y + 15, class: 'gantt-site' }, svg('title', null, nameOf(site)), cut(nameOf(site), NAME_MAX)));
    mine.forEach((bar, index) => {
      const [left, right, top] = [x(bar.start), x(bar.end), y + 3 + lanes[index] * height];
      const mark = svg('rect', { x: left.toFixed(1), y: top.toFixed(1), width: Math.max(2, right - left).toFixed(1), height: Math.max(0.5, height - (height > 3 ? 1 : 0)), rx: height > 3 ? 2 : 0, class: `bar-mark ${bar.state}${isMine(bar) ? '' : ' theirs'}` });
      byMark.set(mark, bar);
      shapes.push(alone ? svg(...holder(bar), mark, right - left > 60 && svg('text', { x: left + 6, y: top + 16, class: 'bar-name' }, cut(bar.name, Math.floor((right - left - 8) / 7.5)))) : mark);
    });
    y += deep;
  });
  const ticks = Array.from({ length: TICKS + 1 }, (_, i) => from + (i * (to - from)) / TICKS).map((at, i) => svg('g', null, svg('line', { x1: x(at), x2: x(at), y1: TOP - 6, y2: y, class: 'gantt-line' }),
    svg('text', { x: x(at), y: 13, 'text-anchor': i === TICKS ? 'end' : i ? 'middle' : 'start', class: 'gantt-tick' }, i ? clock(at) : instant(at))));
  // Thousands of bars have one pair of ears between them; words are made for the bar that is pointed at.
  const told = svg('title');
  const listen = {
    onmouseover: ({ target }) => { const bar = byMark.get(target); if (bar) { told.textContent = wordsOf(bar, isMine(bar)); target.append(told); } },
    onclick: ({ target }) => { const bar = byMark.get(target); if (bar && !alone && isMine(bar)) location.hash = pageOf(bar); },
  };
  return svg('svg', { viewBox: `0 0 ${WIDTH} ${y + 4}`, class: 'gantt', role: 'group', 'aria-label': t('plan.gantt'), ...listen }, bands, ticks, shapes);
}
