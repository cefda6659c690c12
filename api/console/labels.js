// Names on the map: the largest sites first, each where it covers neither a disc nor an earlier name.

import { svg } from './dom.js';

const SIZE = 14;
const GAP = 4;
const MOST = 26;

/** Width of a text, near enough to keep names apart: Chinese characters are square, Latin ones about two thirds of that. */
const widthOf = (text) => [...text].reduce((sum, sign) => sum + (sign > '\u2e7f' ? SIZE : SIZE * 0.68), 0);

/** Where a name may stand beside a disc: right, left, above, below. */
function placesFor({ at: [x, y], radius }, width) {
  const off = radius + GAP;
  return [
    { x: x + off, y: y + SIZE * 0.36, anchor: 'start', left: x + off },
    { x: x - off, y: y + SIZE * 0.36, anchor: 'end', left: x - off - width },
    { x, y: y - off, anchor: 'middle', left: x - width / 2 },
    { x, y: y + off + SIZE * 0.75, anchor: 'middle', left: x - width / 2 },
  ].map((place) => ({ ...place, box: [place.left - 1, place.y - SIZE, place.left + width + 1, place.y + 3] }));
}

const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
const around = ({ at: [x, y], radius }) => [x - radius, y - radius, x + radius, y + radius];

/** The names of what can be named. `discs` are {site, at, radius}, the most important first. */
export function namePlaces(discs, short, right) {
  const named = discs.filter(({ site }) => site.kind !== 'edge').slice(0, MOST);
  const taken = discs.filter(({ radius }) => radius > 5).map((disc) => ({ disc, box: around(disc) }));
  const texts = [];
  for (const disc of named) {
    const text = short(disc.site);
    const free = placesFor(disc, widthOf(text)).find(({ box }) => box[0] > 0 && box[2] < right && !taken.some((other) => other.disc !== disc && overlap(box, other.box)));
    if (!free) continue;
    taken.push({ disc: null, box: free.box });
    texts.push(svg('text', { x: Math.round(free.x), y: Math.round(free.y), 'text-anchor': free.anchor, class: disc.site.kind }, text));
  }
  return svg('g', { class: 'names', 'aria-hidden': 'true' }, texts);
}
