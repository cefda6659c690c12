// One job: where it stands, why it is there, what it costs, what it says.

import { Problem, ask, get, getOr, post, session } from '../api.js';
import { h, put } from '../dom.js';
import { cny, instant, kg, kwh, plain, precise } from '../format.js';
import { listen } from '../live.js';
import { notice } from '../notice.js';
import { atMostEvery, newest } from '../pace.js';
import { attempt, card, empty, figures, loading, quiet, stateMark, table } from '../parts.js';
import { placeNames } from '../places.js';
import { changeWords, inChinese, marginWords } from '../sentences.js';
import { language, t, tOr } from '../words.js';

const REFRESH_MS = 250;
const EXPLAIN_AGAIN_MS = 1500;
const EXPLAIN_TRIES = 20;
const FINAL = new Set(['succeeded', 'failed', 'cancelled', 'expired', 'rejected']);

function timeline(job) {
  const moments = [[t('job.submitted'), job.created_at], [t('job.starts'), job.starts_at], [t('job.ends'), job.ends_at], [t('job.deadline'), job.job.deadline], [t('job.finished'), job.finished_at]]
    .filter(([, at]) => at).map(([label, at]) => ({ label, at: new Date(at) })).sort((a, b) => a.at - b.at);
  const first = moments[0].at.getTime();
  const length = Math.max(1, moments.at(-1).at.getTime() - first);
  return h('ol', { class: 'timeline' }, moments.map((moment) => h('li', { style: { '--at': `${(100 * (moment.at.getTime() - first)) / length}%` } },
    h('span', { class: 'faint' }, moment.label), h('time', { datetime: moment.at.toISOString() }, precise(moment.at)))));
}

function costParts(job) {
  const cost = job.placement?.cost;
  if (!cost) return empty(t('job.no_place'));
  const parts = ['energy', 'carbon', 'network'].map((part) => [part, cost[`${part}_cny`] ?? 0]);
  const most = Math.max(...parts.map(([, amount]) => amount), 1e-9);
  return h('table', { class: 'parts' }, h('tbody', null, parts.map(([part, amount]) => h('tr', null,
    h('th', { scope: 'row' }, t(`part.${part}`)), h('td', { class: 'wide' }, h('span', { class: `meter ${part}`, style: { width: `${(100 * amount) / most}%` } })), h('td', { class: 'number' }, cny(amount))))));
}

const costOf = (option) => option.cost.energy_cny + option.cost.carbon_cny + option.cost.network_cny;
const optionText = (option, name) => (option ? [...(option.replicas?.length ? option.replicas : [option.site])].map(name).join(' + ').concat(` · ${instant(option.start)} – ${instant(option.end)} · ${cny(costOf(option))} · ${kg(option.carbon_kg)}`) : '–');

const marginText = (margin) => (margin.saving_cny === null ? t('job.margin_runs', { what: marginWords(margin) }) : t('job.margin', { what: marginWords(margin), saving: cny(margin.saving_cny) }));

function explanationView({ text, explanation }, job, name) {
  const others = explanation.sites.filter((site) => site.site !== explanation.chosen?.site);
  const helps = [
    ...explanation.changes.map((change) => `${changeWords(change)}${change.saving_cny === null ? '' : ` (−${cny(change.saving_cny)})`} → ${optionText(change.result, name)}`),
    ...explanation.marginals.filter((margin) => margin.saving_cny !== 0).map(marginText),
  ];
  return h('div', null,
    h('dl', { class: 'pairs' }, [['job.chosen', explanation.chosen], ['job.next_best', explanation.next_best]].map(([key, option]) => [h('dt', null, t(key)), h('dd', null, optionText(option, name))])),
    h('h3', null, t('job.cheaper')), helps.length ? h('ul', null, helps.map((words) => h('li', null, words))) : empty(t('job.nothing_helps')),
    h('h3', null, t('job.elsewhere')),
    h('div', { class: 'tall' }, table([
      { head: t('what.site'), cell: (site) => name(site.site) },
      { head: t('what.detail'), cell: (site) => (site.reason ? tOr(`reason.${site.reason}`, site.reason) : optionText(site.best, name)), wide: true },
      { head: '± CNY', cell: (site) => (site.extra_cny === null ? '–' : plain(site.extra_cny)), number: true },
    ], others, { said: t('job.all_sites', { count: others.length }) })),
    h('details', null, h('summary', null, t('job.in_words')), h('pre', { class: 'explanation', tabindex: '0' }, language() === 'zh' ? inChinese(explanation, job.name, name) : text)));
}

/** Output read piece by piece, one reading after the other, from where the last ended; a new attempt or the other stream begins anew. */
function logReader(job, latest, signal) {
  const text = h('pre', { tabindex: '0', role: 'log', 'aria-label': t('job.logs') });
  const note = h('p', { class: 'faint', role: 'status' });
  let stream = 'stdout';
  let at = null; // {attempt, stream, offset, decoder} of the text that is shown
  let last = Promise.resolve();
  async function readOn() {
    const attempt = latest();
    // Before the first attempt there is nothing to ask for.
    if (!attempt) { note.textContent = t('job.no_logs'); return; }
    if (at?.attempt !== attempt || at.stream !== stream) {
      at = { attempt, stream, offset: 0, decoder: new TextDecoder() };
      text.replaceChildren();
    }
    try {
      const answer = await ask('GET', `/v1/jobs/${encodeURIComponent(job)}/logs`, { query: { attempt, stream: at.stream, offset: at.offset }, headers: { Accept: 'text/plain' }, signal });
      const bytes = await answer.arrayBuffer();
      // A letter may be cut where the piece ends: its rest comes with the next.
      text.append(document.createTextNode(at.decoder.decode(bytes, { stream: answer.headers.get('X-Complete') !== 'true' })));
      at.offset = Number(answer.headers.get('X-Next-Offset') ?? at.offset);
      note.textContent = text.textContent ? '' : t('job.no_logs');
    } catch (error) {
      if (error.name === 'AbortError') return;
      note.textContent = error instanceof Problem && error.status === 404 ? t('job.no_logs') : error.message;
    }
  }
  const read = () => { last = last.then(readOn); return last; };
  const pick = (name) => () => { stream = name; read(); };
  const box = h('div', null, h('div', { class: 'buttons' },
    h('button', { type: 'button', onclick: pick('stdout') }, t('job.stdout')), h('button', { type: 'button', onclick: pick('stderr') }, t('job.stderr')),
    h('button', { type: 'button', onclick: read }, t('job.logs_more'))), text, note);
  return { box, read };
}

export async function show(view, { found, signal }) {
  const path = `/v1/jobs/${encodeURIComponent(found[0])}`;
  // Heard from the beginning: what happens while the page is still being read is looked at once it is.
  let read = false, missed = false;
  listen(signal, REFRESH_MS, (event) => event.subject === found[0], () => { if (read) readAgain().catch(quiet); else missed = true; });
  let [job, name] = await Promise.all([get(path, null, signal), placeNames()]);
  const head = h('div'), time = h('div'), cost = h('div'), tries = h('div', null, loading()), why = h('div', null, loading());
  const output = logReader(found[0], () => job.attempt, signal);

  async function cancel() {
    if (!window.confirm(t('job.cancel_sure'))) return;
    if (await attempt(() => post(`${path}/cancel`))) notice(t('job.cancelled'));
  }

  function draw() {
    put(head, h('h1', null, job.name), h('div', { class: 'buttons' }, stateMark(job.state), h('span', { class: 'mono faint' }, job.id),
      !FINAL.has(job.state) && session.may('submit') && h('button', { type: 'button', class: 'danger', id: 'cancel', onclick: cancel }, t('job.cancel'))),
    job.detail && h('p', null, job.detail),
    figures([[t('what.site'), name(job.site)], [t('what.cost'), cny(job.cost_cny)], [t('what.energy'), kwh(job.placement?.energy_kwh)], [t('what.carbon'), kg(job.placement?.carbon_kg)]], { id: 'job-figures' }));
    put(time, timeline(job));
    put(cost, costParts(job));
  }

  const drawAttempts = newest(() => get(`${path}/attempts`, null, signal), ({ attempts }) => {
    put(tries, attempts.length ? table([
      { head: t('job.attempt'), cell: (each) => each.number, number: true }, { head: t('what.state'), cell: (each) => stateMark(each.state) },
      { head: t('what.site'), cell: (each) => name(each.site) }, { head: t('job.backend'), cell: (each) => each.backend },
      { head: t('what.start'), cell: (each) => precise(each.started_at) }, { head: t('what.end'), cell: (each) => precise(each.ended_at) },
      { head: t('job.exit'), cell: (each) => each.exit_code ?? (each.signal ? `SIG ${each.signal}` : '–'), number: true }, { head: t('what.detail'), cell: (each) => each.detail, wide: true },
    ], attempts, { caption: t('job.attempts') }) : empty());
  });

  const readExplanation = () => getOr(null, `${path}/explanation`, null, signal).catch((error) => { if (error.status === 409) return null; throw error; });
  const drawExplanation = newest(readExplanation, (answer) => {
    put(why, answer ? explanationView(answer, job, name) : empty(t('job.no_place')));
    // What explains may know of a new place a little later than the job does.
    if (job.site && !FINAL.has(job.state) && !answer?.explanation.chosen && tried < EXPLAIN_TRIES) explainAgain();
  });
  let tried = 0;
  const explainAgain = atMostEvery(EXPLAIN_AGAIN_MS, () => { tried += 1; if (!signal.aborted) drawExplanation().catch(quiet); });

  draw();
  view.append(h('p', null, h('a', { href: '#/jobs' }, `← ${t('job.back')}`)), head,
    h('div', { class: 'columns' }, card(t('job.timeline'), 'timeline', time), card(t('job.cost_parts'), 'costs', cost)),
    card(t('job.explanation'), 'why', why), card(t('job.logs'), 'logs', output.box), card(t('job.attempts'), 'attempts', tries),
    card(t('job.document'), 'document', h('pre', { tabindex: '0' }, JSON.stringify(job.job, null, 2))));
  await Promise.all([drawAttempts(), drawExplanation(), output.read()]);
  const readAgain = newest(() => get(path, null, signal), async (now) => {
    const before = job.site;
    job = now;
    draw();
    await Promise.all([drawAttempts(), output.read(), job.site !== before && drawExplanation()]);
  });
  read = true;
  if (missed) await readAgain();
}
