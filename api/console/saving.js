// What is shown, as a file: tables as CSV, charts as SVG or PNG.

import { chartPicture, colour } from './chart.js';
import { h, svg } from './dom.js';
import { attempt } from './parts.js';
import { t } from './words.js';

const SHARPNESS = 2; // dots of a PNG for each of the screen's
const DRAWN = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-opacity', 'stroke-dasharray', 'stroke-linecap', 'opacity', 'font-family', 'font-size', 'font-weight', 'text-anchor', 'paint-order', 'stop-color', 'stop-opacity'];

/** Hand something to the user as a file. */
export function download(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = h('a', { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** A cell of a CSV file. A text that a spreadsheet would run as a formula is marked as text. */
function cell(value) {
  const text = value === null || value === undefined ? '' : String(value);
  const safe = typeof value !== 'number' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows as CSV (RFC 4180), with the mark by which spreadsheets know UTF-8. */
export const csv = (head, rows) => `\ufeff${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;

/** An SVG of ours as a file of its own: what the style sheet gave it is written into it. */
function standalone(element) {
  const copy = element.cloneNode(true);
  const [ours, theirs] = [[element, ...element.querySelectorAll('*')], [copy, ...copy.querySelectorAll('*')]];
  ours.forEach((node, index) => {
    const style = getComputedStyle(node);
    for (const name of DRAWN) { const value = style.getPropertyValue(name); if (value) theirs[index].setAttribute(name, value); }
    theirs[index].removeAttribute('class');
    theirs[index].removeAttribute('style');
  });
  const { width, height } = element.viewBox.baseVal;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', width);
  copy.setAttribute('height', height);
  copy.prepend(svg('rect', { width, height, fill: colour('card') }));
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

/** A drawn text as a PNG. */
async function raster({ text, width, height }) {
  const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    await new Promise((done, failed) => { image.onload = done; image.onerror = () => failed(new Error('SVG')); image.src = url; });
    const canvas = h('canvas', { width: width * SHARPNESS, height: height * SHARPNESS });
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => { canvas.toBlob(done, 'image/png'); });
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** The drawing in a box, as SVG text with its size: a chart of Plotly's, or an SVG of ours. */
const drawingIn = (box) => (box.dataset.drawn ? chartPicture(box) : box.querySelector('svg') ? standalone(box.querySelector('svg')) : null);

async function savePicture(name, box, format) {
  const drawing = await drawingIn(box);
  if (!drawing) throw new Error(t('shell.nothing'));
  if (format === 'svg') download(`${name}.svg`, 'image/svg+xml', drawing.text);
  else download(`${name}.png`, 'image/png', await raster(drawing));
}

/** Buttons that save what a part of the page shows. `rows()` gives [heads, rows] of the table behind `box`'s drawing. */
export function savers(name, title, { box, rows, more = [] }) {
  const named = () => `edwc-${name}-${new Date().toISOString().slice(0, 10)}`;
  const acts = [
    ...(box ? ['svg', 'png'].map((format) => [format, () => savePicture(named(), box, format)]) : []),
    ...(rows ? [['csv', () => download(`${named()}.csv`, 'text/csv', csv(...rows()))]] : []),
    ...more,
  ];
  return h('div', { class: 'savers', role: 'group', 'aria-label': `${t('shell.download')}: ${title}` }, acts.map(([format, act]) => h('button', { type: 'button', class: 'quiet', id: `${name}-${format}`,
    'aria-label': `${t('shell.download')} ${format.toUpperCase()}: ${title}`, onclick: () => attempt(async () => act()) }, `↓ ${format.toUpperCase()}`)));
}
