// Small pieces that pages share: states, tables, figures, downloads.

import { h } from './dom.js';
import { notice } from './notice.js';
import { t, tOr } from './words.js';

export const stateMark = (state) => h('span', { class: `state ${/^[a-z]+$/.test(state) ? state : ''}` }, tOr(`state.${state}`, state));

/** A list of figures: [[label, text], ...]. */
export const figures = (pairs, attributes) => h('dl', { class: 'figures', ...attributes }, pairs.map(([label, text]) => h('div', null, h('dt', null, label), h('dd', null, text))));

const kind = (column) => (column.number ? 'number' : column.wide ? 'wide' : null);

/** The rows of a table. */
export const tableRows = (columns, rows) => rows.map((row) => h('tr', null, columns.map((column) => h('td', { class: kind(column) }, column.cell(row)))));

/** A table; a column is {head, cell: row => child, number}. */
export function table(columns, rows, { caption, foot, ...attributes } = {}) {
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption ?? columns.map((each) => each.head).join(', ') },
    h('table', attributes, caption && h('caption', null, caption),
      h('thead', null, h('tr', null, columns.map((column) => h('th', { class: kind(column), scope: 'col' }, column.head)))),
      h('tbody', null, tableRows(columns, rows)),
      foot && h('tfoot', null, h('tr', null, foot.map((text, index) => h('td', { class: kind(columns[index]) }, text))))));
}

export const empty = (text) => h('p', { class: 'faint empty' }, text ?? t('shell.nothing'));
export const loading = () => h('p', { class: 'faint', role: 'status' }, t('shell.loading'));

/** A labelled field. */
export function field(label, control, hint) {
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), control, hint && h('p', { class: 'faint' }, hint));
}

/** A choice from [[value, text], ...]. */
export const choice = (id, options, value, attributes) => h('select', { id, name: id, ...attributes }, options.map(([key, text]) => h('option', { value: key, selected: key === value }, text)));

/** Hand a text to the user as a file. */
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = h('a', { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Run an act of the user; a refusal is said, not thrown. */
export async function attempt(act) {
  try {
    return await act();
  } catch (error) {
    if (error.name !== 'AbortError') notice(t('shell.refused', { detail: error.message }), 'bad');
    return null;
  }
}
