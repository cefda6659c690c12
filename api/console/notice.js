// A short word to the user that goes away by itself.

import { h } from './dom.js';

const STAYS_MS = 6000;

export function notice(text, mood = 'good') {
  const note = h('p', { class: `notice ${mood}` }, text);
  document.getElementById('notices').append(note);
  setTimeout(() => note.remove(), STAYS_MS);
}
