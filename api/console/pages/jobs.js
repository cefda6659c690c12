// Jobs: the list, filtered, a page at a time, and alive.

import { get } from '../api.js';
import { h, put } from '../dom.js';
import { cny, instant } from '../format.js';
import { listen } from '../live.js';
import { afterAPause, newest } from '../pace.js';
import { choice, empty, field, jobLink, loading, stateMark, table, tableRows } from '../parts.js';
import { placeNames } from '../places.js';
import { t } from '../words.js';

const STATES = ['queued', 'planned', 'starting', 'running', 'unknown', 'cancelling', 'succeeded', 'failed', 'cancelled', 'expired', 'rejected'];
const PAGE = 50;
const REFRESH_MS = 700;
const TYPING_MS = 150;

const columns = (name) => [
  { head: t('what.job'), cell: (job) => jobLink(job.id, job.name), wide: true },
  { head: t('what.state'), cell: (job) => stateMark(job.state) },
  { head: t('what.site'), cell: (job) => name(job.site) },
  { head: t('what.start'), cell: (job) => instant(job.starts_at), number: true, spare: true },
  { head: t('what.end'), cell: (job) => instant(job.finished_at ?? job.ends_at), number: true, spare: true },
  { head: t('what.cost'), cell: (job) => cny(job.cost_cny), number: true, spare: true },
  { head: t('what.created'), cell: (job) => instant(job.created_at), number: true, spare: true },
];

function readFilter(query) {
  return { search: query.get('search') ?? '', state: query.get('state') ?? '', site: query.get('site') ?? '', label: query.get('label') ?? '' };
}

function filterForm(filter, sites, name, apply) {
  const controls = {
    search: h('input', { id: 'filter-name', type: 'search', value: filter.search, maxlength: 200 }),
    state: choice('filter-state', [['', t('jobs.all_states')], ...STATES.map((state) => [state, t(`state.${state}`)])], filter.state),
    site: choice('filter-site', [['', t('jobs.all_sites')], ...sites.map((site) => [site.id, name(site.id)])], filter.site),
    label: h('input', { id: 'filter-label', type: 'search', value: filter.label, placeholder: 'project=x' }),
  };
  const now = () => apply(Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value.trim()])));
  const soon = afterAPause(TYPING_MS, now);
  for (const control of Object.values(controls)) control.addEventListener(control.tagName === 'SELECT' ? 'change' : 'input', control.tagName === 'SELECT' ? now : soon);
  return h('form', { class: 'fields', role: 'search', onsubmit: (event) => { event.preventDefault(); now(); } },
    field(t('jobs.search'), controls.search), field(t('what.state'), controls.state), field(t('what.site'), controls.site), field(t('jobs.label'), controls.label));
}

export async function show(view, { query, signal }) {
  let filter = readFilter(query);
  let jobs = [];
  let cursor = null;
  const body = h('div', { id: 'job-list', class: 'card' }, loading());
  const said = h('p', { class: 'faint', role: 'status' });
  const more = h('button', { type: 'button', id: 'more', onclick: () => load(cursor).catch(quiet) }, t('shell.more'));
  let drawn = 0;

  function draw(added) {
    // A further page is added below: what is already drawn is left alone.
    if (added) body.querySelector('tbody').append(...tableRows(columns(name), added));
    else put(body, jobs.length ? table(columns(name), jobs, { id: 'jobs', caption: t('page.jobs') }) : empty(t('jobs.none')));
    body.dataset.drawn = ++drawn;
    said.textContent = jobs.length ? t('jobs.shown', { count: jobs.length }) : '';
    more.hidden = !cursor;
  }

  function read(after) {
    const label = /^[^=]+=./.test(filter.label) ? filter.label : '';
    return get('/v1/jobs', { search: filter.search, state: filter.state, site: filter.site, label, cursor: after, limit: PAGE }, signal);
  }

  const load = newest(read, (page, after) => {
    jobs = after ? [...jobs, ...page.jobs] : page.jobs;
    cursor = page.cursor;
    draw(after ? page.jobs : null);
  });

  function apply(wanted) {
    filter = wanted;
    const kept = new URLSearchParams(Object.entries(filter).filter(([, value]) => value));
    history.replaceState(null, '', `#/jobs${kept.size ? `?${kept}` : ''}`);
    load().catch(quiet);
  }

  const quiet = (error) => { if (error.name !== 'AbortError') said.textContent = error.message; };
  view.append(h('h1', null, t('page.jobs')));
  const [{ sites }, name] = await Promise.all([get('/v1/sites', null, signal), placeNames()]);
  view.append(filterForm(filter, sites, name, apply), said, body, h('div', { class: 'buttons' }, more));
  // While the first page is shown alone it follows the events; further pages stand still under the reader's eyes.
  listen(signal, REFRESH_MS, (event) => event.kind.startsWith('job.'), () => { if (jobs.length <= PAGE) load().catch(quiet); });
  await load();
}
