// Words in English and Chinese. Every visible word stands in a table of words/; a key without one is an error.

import { pages } from './words/pages.js';
import { shared } from './words/shared.js';

const WORDS = { ...shared, ...pages };
const KNOWN = ['en', 'zh'];

let chosen = localStorage.getItem('edwc.language');
if (!KNOWN.includes(chosen)) chosen = (navigator.language || 'en').toLowerCase().startsWith('zh') ? 'zh' : 'en';

export const language = () => chosen;

export function setLanguage(name) {
  chosen = KNOWN.includes(name) ? name : 'en';
  localStorage.setItem('edwc.language', chosen);
}

/** The word for a key in the chosen language; {name} in it is replaced by a value of `given`. */
export function t(key, given = {}) {
  const pair = WORDS[key];
  if (!pair) throw new Error(`no words for ${key}`);
  return pair[chosen === 'zh' ? 1 : 0].replace(/\{(\w+)\}/g, (_, name) => String(given[name] ?? ''));
}

/** The word for a key, or the text itself where there is none: for names that the service may add to. */
export const tOr = (key, text) => (WORDS[key] ? t(key) : text);

/** A site's or city's name in the chosen language. */
export const nameOf = (place) => (place ? (chosen === 'zh' ? place.name_zh : place.name_en) || place.id : '');

/** A site's name where there is little room: without what kind of site it is. */
export const shortName = (place) => nameOf(place).replace(/ (Demonstration Zone )?(cluster|metro|edge)$/, '').replace(/(生态绿色一体化发展示范区)?(集群|城域|边缘)$/, '');
