// Charts by Plotly, whose script comes from its installed wheel when the first chart is drawn.

import { Problem } from './api.js';
import { put } from './dom.js';

let loaded = null;
let prepared = false;
const drawn = new Set(); // elements that hold a chart

/** Plotly writes style attributes as text, which the content policy forbids; the same text through the style object is allowed. */
function styleThroughObject() {
  if (prepared) return;
  prepared = true;
  const set = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function setAttribute(name, value) {
    if (name === 'style') this.style.cssText = value;
    else set.call(this, name, value);
  };
  // A style sheet that a part of Plotly brings as text becomes one made by script.
  const create = document.createElement;
  document.createElement = function createElement(name, options) {
    const element = create.call(document, name, options);
    if (name !== 'style') return element;
    Object.defineProperty(element, 'textContent', { set(text) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    } });
    return element;
  };
}

function load() {
  loaded ??= new Promise((done, failed) => {
    styleThroughObject();
    const script = document.createElement('script');
    script.src = '/console/plotly.min.js';
    script.onload = () => done(window.Plotly);
    script.onerror = () => {
      loaded = null;
      script.remove();
      failed(new Problem(0, { detail: 'plotly.min.js' }));
    };
    document.head.append(script);
  });
  return loaded;
}

/** Text for Plotly, which reads a little markup: what comes from data is shown as it is. */
export const literal = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Few colours that differ for most colour-blind people, in both themes. */
export const SERIES = ['#3b82c4', '#d97706', '#2f9e6e', '#a855c7', '#c2453a', '#6b7280'];

const axis = (given) => ({ gridcolor: colour('line'), linecolor: colour('strong'), zerolinecolor: colour('strong'), automargin: true, ...given });

/** The axis of wall time: hours, and the date where a day begins. */
export const TIME_AXIS = { type: 'date', tickformat: '%H:%M\n%m-%d' };

/** Take a chart off its element, with the ears it has on the window. */
function undraw(element) {
  if (!drawn.delete(element)) return;
  window.Plotly.purge(element);
  delete element.dataset.drawn;
}

const frame = () => new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); });
let last = Promise.resolve();

/** Draw traces into an element, one chart a frame, so that a page of charts never stands still for all of them. */
export function draw(element, traces, layout = {}) {
  const mine = last.then(frame).then(() => drawNow(element, traces, layout));
  last = mine.catch(() => {});
  return mine;
}

/** Show something else where a chart stands or is about to. */
export function drawNone(element, ...children) {
  last = last.then(() => { undraw(element); put(element, children); });
  return last;
}

/** `layout.xaxis` and `layout.yaxis` add to the house's. */
async function drawNow(element, traces, layout) {
  const plotly = await load();
  for (const other of drawn) if (!other.isConnected) undraw(other);
  if (!element.isConnected) return;
  if (!drawn.has(element)) put(element);
  const { xaxis, yaxis, ...rest } = layout;
  await plotly.react(element, traces, {
    paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: { color: colour('ink'), size: 12 }, margin: { l: 56, r: 16, t: 16, b: 40 },
    height: 300, colorway: SERIES, hoverlabel: { font: { size: 12 } }, legend: { orientation: 'h', y: 1.14 }, ...rest, xaxis: axis(xaxis), yaxis: axis(yaxis),
  }, { responsive: true, displaylogo: false, displayModeBar: false });
  drawn.add(element);
  element.dataset.drawn = 'yes';
}

/** Wall time in China as Plotly reads it: it shows instants as they are written. */
export function chinaTime(instant) {
  return new Date(new Date(instant).getTime() + 8 * 3600e3).toISOString().slice(0, 16).replace('T', ' ');
}

/** A drawn chart as SVG text with its size, on the card's ground. */
export async function chartPicture(element) {
  const plotly = await load();
  const { clientWidth: width, clientHeight: height } = element;
  const layout = { ...element.layout, paper_bgcolor: colour('card'), width, height };
  const address = await plotly.toImage({ data: element.data, layout }, { format: 'svg', width, height });
  return { text: decodeURIComponent(address.slice(address.indexOf(',') + 1)), width, height };
}
