// Operate: sites, drills, tenants, audit. Each part is shown to keys whose scopes allow it.

import { ask, get, getOr, post, session } from '../api.js';
import { h, put } from '../dom.js';
import { cny, count, plain, precise, span } from '../format.js';
import { listen } from '../live.js';
import { notice } from '../notice.js';
import { newest } from '../pace.js';
import { attempt, card, empty, field, loading, quiet, table, tableRows } from '../parts.js';
import { nameOf, t } from '../words.js';

const AUDIT_ROWS = 100;
const TENANT_ROWS = 500; // in one answer; all are read
const REFRESH_MS = 500;
const stateOf = (site) => (!site.answering ? t('site.silent') : site.draining ? t('site.draining') : site.cordoned ? t('site.cordoned') : t('operate.open'));

/** Sites, with what may be done to each. */
function sitesPart(signal) {
  const body = h('div', null, loading());
  const find = h('input', { id: 'find-site', type: 'search', oninput: () => draw() });
  const why = h('input', { id: 'why', maxlength: 200 });
  let sites = [];

  const act = (site, what) => attempt(async () => {
    if (what === 'drill' && !window.confirm(t('operate.drill_sure', { site: site.id }))) return;
    await post(`/v1/admin/sites/${encodeURIComponent(site.id)}/${what}`, what === 'drill' ? {} : { detail: why.value });
    notice(t('operate.done', { site: nameOf(site), what: t(`operate.${what}`) }));
    await load();
  });
  const button = (site, what, attributes) => h('button', { type: 'button', class: 'quiet', 'data-act': what, 'data-site': site.id, 'aria-label': `${t(`operate.${what}`)}: ${nameOf(site)}`, onclick: () => act(site, what), ...attributes }, t(`operate.${what}`));

  function draw() {
    const wanted = find.value.trim().toLowerCase();
    const shown = sites.filter((site) => [site.id, site.name_en, site.name_zh, site.province].join(' ').toLowerCase().includes(wanted));
    put(body, table([{ head: t('what.site'), cell: (site) => [nameOf(site), ' ', h('span', { class: 'faint' }, site.id)] }, { head: t('what.state'), cell: (site) => h('span', { class: site.cordoned || !site.answering ? 'fault' : null }, stateOf(site)) },
      { head: t('what.detail'), cell: (site) => site.detail, wide: true, spare: true },
      { head: t('operate.acts'), cell: (site) => h('div', { class: 'acts' }, site.cordoned || site.draining ? button(site, 'uncordon') : [button(site, 'cordon'), button(site, 'drain')], button(site, 'drill')) }], shown, { caption: t('operate.sites'), id: 'sites-table' }));
  }

  const load = newest(() => get('/v1/sites', null, signal), (answer) => { sites = answer.sites; draw(); });
  listen(signal, REFRESH_MS, (event) => event.kind.startsWith('site.'), () => load().catch(quiet));
  return { box: card(t('operate.sites'), 'sites', [h('div', { class: 'fields' }, field(t('operate.find'), find), field(t('operate.why'), why)), h('div', { class: 'tall' }, body)]), load };
}

/** What earlier drills measured. */
function drillsPart(signal) {
  const body = h('div', null, loading());
  async function load() {
    const { drills } = await getOr({ drills: [] }, '/v1/admin/drills', null, signal);
    put(body, drills.length ? table([{ head: t('what.site'), cell: (drill) => drill.site }, { head: t('what.start'), cell: (drill) => precise(drill.begun_at) },
      { head: t('operate.affected'), cell: (drill) => count(drill.jobs.length), number: true }, { head: t('operate.rto'), cell: (drill) => (drill.recovery_seconds === null ? '–' : `${plain(drill.recovery_seconds, 1)} s`), number: true },
      { head: t('operate.lost'), cell: (drill) => span(60 * drill.work_hours_lost), number: true }], drills, { caption: t('operate.drills') }) : empty());
  }
  return { box: card(t('operate.drills'), 'drills', body), load };
}

/** A form for one tenant; only what was changed is sent. */
function tenantForm(tenant, done) {
  const weight = h('input', { id: 't-weight', type: 'number', min: 0, step: 'any', value: tenant.weight });
  const budget = h('input', { id: 't-budget', type: 'number', min: 0, step: '0.01', value: tenant.budget_cny_per_month ?? '' });
  const jobs = h('input', { id: 't-jobs', type: 'number', min: 0, step: 1, value: tenant.jobs_max ?? '' });
  const quota = h('input', { id: 't-quota', value: JSON.stringify(tenant.quota) });
  const refused = h('p', { class: 'fault', role: 'alert' });
  const says = () => ({ weight: Number(weight.value), budget_cny_per_month: budget.value || null, jobs_max: jobs.value === '' ? null : Number(jobs.value), quota: JSON.parse(quota.value || '{}') });
  const before = says();
  async function save(event) {
    event.preventDefault();
    refused.textContent = '';
    try {
      const said = says();
      const change = Object.fromEntries(Object.entries(said).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])));
      if (Object.keys(change).length) await ask('PATCH', `/v1/admin/tenants/${encodeURIComponent(tenant.name)}`, { body: change });
      notice(t('operate.saved', { name: tenant.name }));
      done();
    } catch (error) {
      refused.textContent = error.message;
    }
  }
  return h('form', { class: 'card', onsubmit: save }, h('h3', null, tenant.name),
    h('div', { class: 'fields' }, field(t('operate.weight'), weight), field(t('operate.budget'), budget), field(t('operate.jobs_max'), jobs), field(t('operate.quota'), quota, t('operate.quota_hint'))),
    refused, h('button', { type: 'submit', class: 'primary' }, t('operate.save')));
}

function tenantsPart(signal) {
  const body = h('div', null, loading()), editor = h('div');
  const name = h('input', { id: 'tenant-name', pattern: '[a-z0-9\\-]{1,40}', required: true });
  const change = (tenant, body) => attempt(async () => { await ask('PATCH', `/v1/admin/tenants/${encodeURIComponent(tenant.name)}`, { body }); await load(); });
  async function readAll() {
    const all = [];
    let page = { cursor: null };
    do {
      page = await get('/v1/admin/tenants', { limit: TENANT_ROWS, cursor: page.cursor }, signal);
      all.push(...page.tenants);
    } while (page.cursor);
    return all;
  }
  const load = newest(readAll, (tenants) => {
    put(body, table([{ head: t('what.name'), cell: (tenant) => tenant.name }, { head: t('operate.weight'), cell: (tenant) => plain(tenant.weight), number: true }, { head: t('operate.budget'), cell: (tenant) => (tenant.budget_cny_per_month === null ? '–' : cny(tenant.budget_cny_per_month)), number: true },
      { head: t('operate.quota'), cell: (tenant) => Object.entries(tenant.quota).map(([key, units]) => `${key}: ${plain(units)}`).join(', ') || '–', wide: true }, { head: t('operate.suspended'), cell: (tenant) => t(tenant.suspended ? 'operate.yes' : 'operate.no') },
      { head: t('operate.acts'), cell: (tenant) => h('div', { class: 'acts' }, h('button', { type: 'button', class: 'quiet', 'data-act': 'change', 'data-tenant': tenant.name, onclick: () => put(editor, tenantForm(tenant, () => { put(editor); load().catch(quiet); })) }, t('operate.change')),
        h('button', { type: 'button', class: 'quiet', 'data-act': 'suspend', 'data-tenant': tenant.name, onclick: () => change(tenant, { suspended: !tenant.suspended }) }, t(tenant.suspended ? 'operate.resume' : 'operate.suspend'))) }], tenants, { caption: t('operate.tenants') }));
  });
  const make = (event) => { event.preventDefault(); attempt(async () => { await post('/v1/admin/tenants', { name: name.value }); notice(t('operate.saved', { name: name.value })); name.value = ''; await load(); }); };
  return { box: card(t('operate.tenants'), 'tenants', [body, editor, h('form', { class: 'fields', onsubmit: make }, field(t('operate.new_tenant'), name), h('div', { class: 'low' }, h('button', { type: 'submit' }, t('operate.make'))))]), load };
}

function auditPart(signal) {
  const body = h('div', null, loading());
  const verdict = h('p', { role: 'status', id: 'audit-verdict' });
  const verify = () => attempt(async () => {
    const found = await post('/v1/admin/audit/verify');
    verdict.textContent = found.sound ? t('operate.sound', { rows: count(found.rows), head: found.head.slice(0, 16) }) : t('operate.broken', { faults: found.faults.slice(0, 3).join('; ') });
    verdict.className = found.sound ? 'faint' : 'fault';
  });
  const columns = [{ head: '#', cell: (row) => row.number, number: true }, { head: t('what.time'), cell: (row) => precise(row.at) }, { head: t('operate.actor'), cell: (row) => row.actor }, { head: t('operate.action'), cell: (row) => row.action }, { head: t('operate.target'), cell: (row) => row.target },
    { head: t('what.detail'), cell: (row) => h('span', { class: 'mono' }, JSON.stringify(row.document)), wide: true }];
  let cursor = null;
  const more = h('button', { type: 'button', id: 'audit-more', hidden: true, onclick: () => attempt(() => load(cursor)) }, t('shell.more'));
  const load = newest((after) => get('/v1/admin/audit', { newest_first: 'true', limit: AUDIT_ROWS, cursor: after }, signal), ({ rows, cursor: next }, after) => {
    if (after) body.querySelector('tbody').append(...tableRows(columns, rows));
    else put(body, rows.length ? table(columns, rows, { caption: t('operate.audit'), id: 'audit-table' }) : empty());
    cursor = next;
    more.hidden = !cursor;
  });
  return { box: card(t('operate.audit'), 'audit', [verdict, h('div', { class: 'tall' }, body), h('div', { class: 'buttons' }, more)], h('button', { type: 'button', id: 'verify', onclick: verify }, t('operate.verify'))), load };
}

export async function show(view, { signal }) {
  const parts = [sitesPart(signal), drillsPart(signal), session.may('admin') && tenantsPart(signal), session.may('audit') && auditPart(signal)].filter(Boolean);
  view.append(h('h1', null, t('page.operate')), ...parts.map((part) => part.box));
  await Promise.all(parts.map((part) => part.load()));
}
