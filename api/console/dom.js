// Elements from values. Data becomes text nodes and attributes only: nothing here, or anywhere in the console, reads HTML.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'style') for (const [key, amount] of Object.entries(value)) element.style.setProperty(key, amount);
    else if (name === 'value' && 'value' in element && element.tagName !== 'OPTION' && element.tagName !== 'LI') element.value = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** An HTML element: h('button', {class: 'primary', onclick: act}, 'Send'). */
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

/** An SVG element. */
export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

/** Replace what an element holds. */
export function put(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Run `act` at most once a frame, with the latest arguments. */
export function onceAFrame(act) {
  let waiting = null;
  return (...given) => {
    if (waiting === null) requestAnimationFrame(() => { const last = waiting; waiting = null; act(...last); });
    waiting = given;
  };
}

/** Run `act` when nothing has called for `ms`. */
export function afterAPause(ms, act) {
  let timer = 0;
  return (...given) => { clearTimeout(timer); timer = setTimeout(() => act(...given), ms); };
}
