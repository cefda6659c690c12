// The drawn map: outlines of the provinces, links, flows and sites in one projection. Drawn once; then only colours and widths change.

import { h, svg } from './dom.js';
import { namePlaces } from './labels.js';
import { onScale } from './scales.js';

const RADIANS = Math.PI / 180;
const WIDTH = 1000;
const MARGIN = 24;

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

// The westernmost, easternmost, northernmost and southernmost corners of what is drawn.
const LEFT = albers(73.5, 39.5)[0];
const RIGHT = albers(135.1, 48.4)[0];
const TOP = albers(123.3, 53.6)[1];
const BOTTOM = albers(109.5, 18.1)[1];
const SCALE = (WIDTH - 2 * MARGIN) / (RIGHT - LEFT);
const HEIGHT = Math.round((TOP - BOTTOM) * SCALE + 2 * MARGIN);

export function project(longitude, latitude) {
  const [x, y] = albers(longitude, latitude);
  return [MARGIN + (x - LEFT) * SCALE, HEIGHT - MARGIN - (y - BOTTOM) * SCALE];
}

const rounded = (number) => Math.round(number * 10) / 10;

function outlinePath(geometry) {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  return polygons.flat().map((ring) => `M${ring.map(([lon, lat]) => project(lon, lat).map(rounded).join(' ')).join('L')}Z`).join('');
}

/** A curve from a to b that bends to the left of the way, so that both directions are seen. */
function curve([ax, ay], [bx, by]) {
  const bend = 0.2;
  const mx = (ax + bx) / 2 + (by - ay) * bend;
  const my = (ay + by) / 2 - (bx - ax) * bend;
  return `M${rounded(ax)} ${rounded(ay)}Q${rounded(mx)} ${rounded(my)} ${rounded(bx)} ${rounded(by)}`;
}

/** Radius of a site: its area follows its power. */
const radius = (site) => Math.min(20, 3.2 + 0.075 * Math.sqrt(site.power_limit_kw));

export class Atlas {
  /** Draw places and links. `pick(site id)` is called for a click; `short(site)` is a site's name on the map. */
  constructor({ sites, cities, links, outlines, label, pick, short }) {
    this.places = new Map([...cities, ...sites].map((place) => [place.id, project(place.longitude_deg, place.latitude_deg)]));
    this.marks = new Map();
    this.lines = new Map();
    const paths = outlines.features.map((feature) => ({ d: outlinePath(feature.geometry), name: feature.properties.name_zh }));
    const coast = svg('path', { class: 'coast', d: paths.map((path) => path.d).join('') });
    const land = svg('g', { class: 'land' }, paths.map((path) => svg('path', { d: path.d }, svg('title', null, path.name))));
    const roads = svg('g', { class: 'links' }, links.filter((link) => this.places.has(link.a) && this.places.has(link.b)).map((link) => this.#line(link)));
    const towns = svg('g', { class: 'towns' }, cities.map((city) => { const [x, y] = this.places.get(city.id); return svg('circle', { cx: rounded(x), cy: rounded(y), r: 1.4 }); }));
    this.flows = svg('g', { class: 'flows' });
    this.fades = svg('defs');
    const ranked = [...sites].sort((a, b) => b.power_limit_kw - a.power_limit_kw);
    const marks = svg('g', { class: 'sites' }, ranked.map((site) => this.#mark(site, pick)));
    const discs = ranked.map((site) => ({ site, at: this.places.get(site.id), radius: radius(site) }));
    const viewBox = `0 0 ${WIDTH} ${HEIGHT}`;
    this.live = svg('svg', { viewBox, role: 'img', 'aria-label': label, class: 'atlas' }, this.fades, roads, this.flows, marks, namePlaces(discs, short, WIDTH));
    // The land never changes: in a picture of its own it is painted once, however often the hours turn above it.
    this.element = h('div', { class: 'atlas-box' }, svg('svg', { viewBox, class: 'atlas ground', 'aria-hidden': 'true' }, coast, land, towns), this.live);
  }

  #line(link) {
    const [[x1, y1], [x2, y2]] = [this.places.get(link.a), this.places.get(link.b)];
    const line = svg('line', { x1: rounded(x1), y1: rounded(y1), x2: rounded(x2), y2: rounded(y2), 'stroke-width': 0.7 });
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
      line.setAttribute('stroke-width', load ? rounded(1 + 5 * Math.min(1, load.share)) : 0.7);
      line.classList.toggle('busy', Boolean(load));
      title.textContent = load?.words ?? id;
    }
  }

  /** Show flows [{origin, site, amount, words}] as curves that fade in from the users to where the work runs. */
  flow(flows) {
    const shown = flows.filter((flow) => flow.origin !== flow.site && this.places.has(flow.origin) && this.places.has(flow.site)).sort((a, b) => a.amount - b.amount);
    const most = Math.max(...shown.map((flow) => flow.amount), 1e-9);
    const fades = [], paths = [];
    shown.forEach((flow, index) => {
      const [from, to] = [this.places.get(flow.origin), this.places.get(flow.site)];
      const share = Math.sqrt(flow.amount / most);
      fades.push(svg('linearGradient', { id: `fade-${index}`, gradientUnits: 'userSpaceOnUse', x1: rounded(from[0]), y1: rounded(from[1]), x2: rounded(to[0] + 0.01), y2: rounded(to[1]) },
        svg('stop', { offset: 0, class: 'fade-from' }), svg('stop', { offset: 1, class: 'fade-to' })));
      paths.push(svg('path', { d: curve(from, to), stroke: `url(#fade-${index})`, 'stroke-width': rounded(1 + 6 * share), opacity: rounded(0.35 + 0.55 * share) }, svg('title', null, flow.words)));
    });
    this.fades.replaceChildren(...fades);
    this.flows.replaceChildren(...paths);
  }

  select(id) {
    for (const [name, { mark }] of this.marks) mark.classList.toggle('chosen', name === id);
  }

  /** Mark sites that need a look: id -> class. */
  alarm(states) {
    for (const [id, { mark }] of this.marks) for (const name of ['cordoned', 'lost']) mark.classList.toggle(name, states.get(id) === name);
  }
}
