// The drawn map: outlines of the provinces, links, flows and sites in one projection. Drawn once; then only colours and widths change.

import { onScale } from './chart.js';
import { svg } from './dom.js';

const WIDTH = 1000;
const HEIGHT = 760;
const RADIANS = Math.PI / 180;

/** Albers' conic projection for China: equal areas, parallels 25 and 47 degrees north, meridian 105 east. */
function albers(longitude, latitude) {
  const [first, second, middle] = [25 * RADIANS, 47 * RADIANS, 105 * RADIANS];
  const n = (Math.sin(first) + Math.sin(second)) / 2;
  const c = Math.cos(first) ** 2 + 2 * n * Math.sin(first);
  const far = (phi) => Math.sqrt(Math.max(0, c - 2 * n * Math.sin(phi))) / n;
  const theta = n * (longitude * RADIANS - middle);
  const rho = far(latitude * RADIANS);
  return [rho * Math.sin(theta), far(0) - rho * Math.cos(theta)];
}

const CORNERS = [albers(73, 40), albers(135.1, 48), albers(110, 17.5), albers(123, 53.7)];
const LEFT = CORNERS[0][0], RIGHT = CORNERS[1][0], BOTTOM = CORNERS[2][1], TOP = CORNERS[3][1];
const SCALE = Math.min((WIDTH - 20) / (RIGHT - LEFT), (HEIGHT - 20) / (TOP - BOTTOM));

export function project(longitude, latitude) {
  const [x, y] = albers(longitude, latitude);
  return [10 + (x - LEFT) * SCALE, HEIGHT - 10 - (y - BOTTOM) * SCALE];
}

const rounded = (number) => Math.round(number * 10) / 10;

function outlinePath(geometry) {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  return polygons.flat().map((ring) => `M${ring.map(([lon, lat]) => project(lon, lat).map(rounded).join(' ')).join('L')}Z`).join('');
}

/** A curve from a to b that bends to the left of the way, so that both directions are seen. */
function curve([ax, ay], [bx, by]) {
  const bend = 0.18;
  const mx = (ax + bx) / 2 + (by - ay) * bend;
  const my = (ay + by) / 2 - (bx - ax) * bend;
  return `M${rounded(ax)} ${rounded(ay)}Q${rounded(mx)} ${rounded(my)} ${rounded(bx)} ${rounded(by)}`;
}

/** Radius of a site: its area follows its power. */
const radius = (site) => Math.min(20, 3 + 0.075 * Math.sqrt(site.power_limit_kw));

export class Atlas {
  /** Draw places and links. `pick(site id)` is called for a click. */
  constructor({ sites, cities, links, outlines, label, pick }) {
    this.places = new Map([...cities, ...sites].map((place) => [place.id, project(place.longitude_deg, place.latitude_deg)]));
    this.marks = new Map();
    this.lines = new Map();
    const land = svg('g', { class: 'land' }, outlines.features.map((feature) => svg('path', { d: outlinePath(feature.geometry) }, svg('title', null, feature.properties.name_zh))));
    const roads = svg('g', { class: 'links' }, links.filter((link) => this.places.has(link.a) && this.places.has(link.b)).map((link) => this.#line(link)));
    this.flows = svg('g', { class: 'flows' });
    const marks = svg('g', { class: 'sites' }, [...sites].sort((a, b) => b.power_limit_kw - a.power_limit_kw).map((site) => this.#mark(site, pick)));
    this.element = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label, class: 'atlas' }, land, roads, this.flows, marks);
  }

  #line(link) {
    const [[x1, y1], [x2, y2]] = [this.places.get(link.a), this.places.get(link.b)];
    const line = svg('line', { x1: rounded(x1), y1: rounded(y1), x2: rounded(x2), y2: rounded(y2), 'stroke-width': 0.6 });
    const title = svg('title');
    line.append(title);
    this.lines.set(link.id, { line, title });
    return line;
  }

  #mark(site, pick) {
    const [x, y] = this.places.get(site.id);
    const title = svg('title', null, site.id);
    const mark = svg('circle', { cx: rounded(x), cy: rounded(y), r: rounded(radius(site)), class: `site ${site.kind}`, 'data-site': site.id, onclick: () => pick(site.id) }, title);
    this.marks.set(site.id, { mark, title });
    return mark;
  }

  /** Colour the sites: `share(site id)` in [0, 1] or null, `words(site id)` for the title. */
  paint(scale, share, words) {
    for (const [id, { mark, title }] of this.marks) {
      const at = share(id);
      mark.style.setProperty('fill', at === null ? 'var(--land)' : onScale(scale, at));
      title.textContent = words(id);
    }
  }

  /** Show load on links: id -> {share, words}. */
  load(loads) {
    for (const [id, { line, title }] of this.lines) {
      const load = loads.get(id);
      line.setAttribute('stroke-width', load ? rounded(0.8 + 5 * Math.min(1, load.share)) : 0.6);
      line.classList.toggle('busy', Boolean(load));
      title.textContent = load?.words ?? id;
    }
  }

  /** Show flows [{origin, site, amount, words}] as curves, the largest 120 of them. */
  flow(flows) {
    const shown = flows.filter((flow) => flow.origin !== flow.site && this.places.has(flow.origin) && this.places.has(flow.site)).sort((a, b) => b.amount - a.amount).slice(0, 120);
    const most = Math.max(...shown.map((flow) => flow.amount), 1e-9);
    this.flows.replaceChildren(...shown.map((flow) => svg('path', { d: curve(this.places.get(flow.origin), this.places.get(flow.site)), 'stroke-width': rounded(0.8 + 6 * Math.sqrt(flow.amount / most)) }, svg('title', null, flow.words))));
  }

  select(id) {
    for (const [name, { mark }] of this.marks) mark.classList.toggle('chosen', name === id);
  }

  /** Mark sites that need a look: id -> class. */
  alarm(states) {
    for (const [id, { mark }] of this.marks) for (const name of ['cordoned', 'lost']) mark.classList.toggle(name, states.get(id) === name);
  }
}
