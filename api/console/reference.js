// The reference: every endpoint and every shape, drawn from the API's own description. Nothing comes from elsewhere.

import { h, put } from './dom.js';

const VERBS = ['get', 'post', 'put', 'patch', 'delete'];

const nameOf = (reference) => reference.split('/').pop();
const linkTo = (name) => h('a', { href: `#shape-${name}` }, name);

/** What a schema says of a value's type, with links to named shapes. */
function typeOf(schema) {
  if (!schema) return ['anything'];
  if (schema.$ref) return [linkTo(nameOf(schema.$ref))];
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (schema.enum) return [schema.enum.map((each) => JSON.stringify(each)).join(' | ')];
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.flatMap((each, at) => (at ? [' or ', ...typeOf(each)] : typeOf(each)));
  if (schema.type === 'array') return ['list of ', ...typeOf(schema.items)];
  if (schema.additionalProperties?.type || schema.additionalProperties?.$ref) return ['map to ', ...typeOf(schema.additionalProperties)];
  return [[schema.type ?? 'anything', schema.format].filter(Boolean).join(', ')];
}

/** Its bounds, as text. */
function boundsOf(schema) {
  const said = [
    ['minimum', '≥ '], ['exclusiveMinimum', '> '], ['maximum', '≤ '], ['exclusiveMaximum', '< '],
    ['minLength', 'length ≥ '], ['maxLength', 'length ≤ '], ['minItems', 'items ≥ '], ['maxItems', 'items ≤ '], ['pattern', 'pattern '],
  ].filter(([key]) => schema?.[key] !== undefined).map(([key, words]) => words + schema[key]);
  if (schema?.default !== undefined && schema.default !== null) said.push(`default ${JSON.stringify(schema.default)}`);
  return said.join('; ');
}

const table = (heads, rows) => h('table', null, h('thead', null, h('tr', null, heads.map((head) => h('th', { scope: 'col' }, head)))), h('tbody', null, rows));

function shape(name, schema) {
  const needed = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([key, part]) =>
    h('tr', null, h('td', { class: 'mono' }, key, needed.has(key) ? ' *' : ''), h('td', null, typeOf(part)), h('td', null, part.description, ' ', h('span', { class: 'faint' }, boundsOf(part)))));
  return h('details', { id: `shape-${name}` },
    h('summary', null, h('span', { class: 'mono' }, name), h('span', { class: 'faint' }, schema.description?.split('\n')[0])),
    rows.length ? table(['field', 'type', 'meaning'], rows) : h('p', null, typeOf(schema)));
}

const contentOf = (content) => Object.entries(content ?? {}).map(([kind, { schema }]) => [h('span', { class: 'mono' }, kind), ': ', typeOf(schema), ' ']);

function operation(path, verb, said) {
  const parameters = (said.parameters ?? []).map((each) =>
    h('tr', null, h('td', { class: 'mono' }, each.name, each.required ? ' *' : ''), h('td', null, each.in), h('td', null, typeOf(each.schema)), h('td', null, each.description ?? each.schema?.description, ' ', h('span', { class: 'faint' }, boundsOf(each.schema)))));
  const answers = Object.entries(said.responses ?? {}).map(([status, each]) =>
    h('tr', null, h('td', { class: 'mono' }, status), h('td', null, each.description), h('td', null, contentOf(each.content))));
  return h('details', { class: 'operation', 'data-text': `${verb} ${path} ${said.summary}`.toLowerCase() },
    h('summary', null, h('span', { class: 'mono verb' }, verb.toUpperCase()), h('span', { class: 'mono' }, path), h('span', null, said.summary)),
    said.description && h('p', null, said.description),
    parameters.length > 0 && table(['parameter', 'in', 'type', 'meaning'], parameters),
    said.requestBody && h('p', null, 'Body: ', contentOf(said.requestBody.content)),
    table(['status', 'when', 'body'], answers));
}

function draw(said) {
  const groups = new Map();
  for (const [path, verbs] of Object.entries(said.paths)) {
    for (const verb of VERBS.filter((each) => verbs[each])) {
      const tag = verbs[verb].tags?.[0] ?? 'other';
      groups.set(tag, [...(groups.get(tag) ?? []), operation(path, verb, verbs[verb])]);
    }
  }
  const find = h('input', { id: 'find', type: 'search', 'aria-label': 'Find an endpoint', placeholder: 'Find an endpoint' });
  find.addEventListener('input', () => {
    for (const each of document.querySelectorAll('.operation')) each.hidden = !each.dataset.text.includes(find.value.trim().toLowerCase());
  });
  put(document.getElementById('main'),
    h('h1', null, `${said.info.title}: the API`),
    h('p', null, said.info.summary, ' The same for machines: ', h('a', { href: '/openapi.json' }, '/openapi.json'), '. A star marks what is required. ', h('a', { href: '/' }, 'The console'), '.'),
    h('p', null, find),
    h('div', { class: 'reference' },
      [...groups].map(([tag, operations]) => h('section', { class: 'card' }, h('h2', null, tag), operations)),
      h('section', { class: 'card' }, h('h2', null, 'Shapes'), Object.entries(said.components?.schemas ?? {}).map(([name, schema]) => shape(name, schema)))));
}

/** Open what the address points at. */
function open() {
  const found = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (found?.tagName === 'DETAILS') { found.open = true; found.scrollIntoView(); }
}

const dark = matchMedia('(prefers-color-scheme: dark)').matches;
document.documentElement.dataset.theme = dark ? 'dark' : 'light';
addEventListener('hashchange', open);
fetch('/openapi.json').then((answer) => answer.json()).then((said) => { draw(said); open(); }).catch((error) => {
  put(document.getElementById('main'), h('p', { class: 'refusal' }, `The description could not be read: ${error.message}`));
});
