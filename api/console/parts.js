// Small pieces that pages share: cards, states, tables, figures, fields.

import { h } from './dom.js';
import { notice } from './notice.js';
import { t, tOr } from './words.js';

export const stateMark = (state) => h('span', { class: `state ${/^[a-z]+$/.test(state) ? state : ''}` }, tOr(`state.${state}`, state));

export const jobLink = (id, name) => h('a', { href: `#/jobs/${encodeURIComponent(id)}` }, name);

/** A titled part of a page; `tools` stand at the right of its title. */
export const card = (title, id, children, tools) => h('section', { class: 'card', id, 'aria-labelledby': `${id}-title` },
  h('div', { class: 'card-head' }, h('h2', { id: `${id}-title` }, title), tools), children);

/** A list of figures: [[label, text], ...]. */
export const figures = (pairs, attributes) => h('dl', { class: 'figures', ...attributes }, pairs.map(([label, text]) => h('div', null, h('dt', null, label), h('dd', null, text))));

const kind = (column) => [column.number && 'number', column.wide && 'wide', column.spare && 'spare'].filter(Boolean).join(' ') || null;

/** The rows of a table. */
export const tableRows = (columns, rows) => rows.map((row) => h('tr', null, columns.map((column) => h('td', { class: kind(column) }, column.cell(row)))));

/** A table; a column is {head, cell: row => child, number, wide, spare}: spare ones are left out where the window is narrow. `said` is a caption that is seen. */
export function table(columns, rows, { caption, said, foot, ...attributes } = {}) {
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': said ?? caption ?? columns.map((each) => each.head).join(', ') },
    h('table', attributes, (said || caption) && h('caption', { class: said ? null : 'unseen' }, said ?? caption),
      h('thead', null, h('tr', null, columns.map((column) => h('th', { class: kind(column), scope: 'col' }, column.head)))),
      h('tbody', null, tableRows(columns, rows)),
      foot && h('tfoot', null, h('tr', null, foot.map((text, index) => h('td', { class: kind(columns[index]) }, text))))));
}

export const empty = (text) => h('p', { class: 'faint empty' }, text ?? t('shell.nothing'));

/** Grey bars where something is being read. */
export const loading = () => h('div', { class: 'skeleton', role: 'status' }, h('span', { class: 'unseen' }, t('shell.loading')), h('i'), h('i'), h('i'));

/** A labelled field. */
export function field(label, control, hint) {
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), control, hint && h('p', { class: 'faint' }, hint));
}

/** A choice from [[value, text], ...]. */
export const choice = (id, options, value, attributes) => h('select', { id, name: id, ...attributes }, options.map(([key, text]) => h('option', { value: key, selected: key === value }, text)));

/** What to do with what an act of the page itself threw: leaving a page is no fault, everything else is said. */
export function quiet(error) {
  if (error.name !== 'AbortError') notice(t('shell.refused', { detail: error.message }), 'bad');
  return null;
}

/** Run an act of the user; a refusal is said, not thrown. */
export async function attempt(act) {
  try {
    return await act();
  } catch (error) {
    return quiet(error);
  }
}
