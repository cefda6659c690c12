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

// By what an element is known again after it was made anew: all of it, else that which names the thing it acts on.
const NAMES = ['id', 'href', 'data-site', 'data-run', 'data-tenant'];
const MARKS = [...NAMES, 'data-act', 'aria-label'];

/** Selectors of the successor of an element, the closest first. */
function successors(element) {
  const named = (name) => `[${name}="${CSS.escape(element.getAttribute(name))}"]`;
  const has = (name) => element.hasAttribute(name);
  const all = MARKS.filter(has).map(named).join('');
  return all ? [all, ...NAMES.filter(has).map(named)] : [];
}

/** Replace what an element holds. Who stands in it with the keyboard stays where he stood, as far as that is still there. */
export function put(element, ...children) {
  const held = document.activeElement;
  const known = held && held !== element && element.contains(held) ? successors(held) : [];
  element.replaceChildren();
  append(element, children);
  for (const selector of known) {
    const next = element.querySelector(selector);
    if (next) { next.focus({ preventScroll: true }); break; }
  }
  return element;
}
