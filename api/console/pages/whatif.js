// What if: choose a scenario, let it run in the background, see where the difference comes from.

import { ask, get, getOr, post } from '../api.js';
import { colour, draw as drawChart, literal } from '../chart.js';
import { h, put } from '../dom.js';
import { cny, kg, plain, precise } from '../format.js';
import { listen } from '../live.js';
import { notice } from '../notice.js';
import { attempt, card, choice, empty, field, figures, quiet, stateMark, table } from '../parts.js';
import { savers } from '../saving.js';
import { language, t, tOr } from '../words.js';

const LOOK_MS = 1500;

async function drawWaterfall(box, compared) {
  const chart = h('div', { class: 'chart', id: 'waterfall' });
  const rows = () => [['cause', 'cny', 'kg'], compared.waterfall.map((step) => [step.cause, step.cny, step.kg])];
  put(box, savers('waterfall', t('whatif.waterfall'), { box: chart, rows }), figures([[t('whatif.difference'), cny(compared.difference_cny)], [t('what.carbon'), kg(compared.difference_kg)]], { id: 'difference' }), chart,
    table([{ head: t('whatif.cause'), cell: (step) => tOr(`cause.${step.cause}`, step.cause) }, { head: 'CNY', cell: (step) => plain(step.cny), number: true }, { head: 'kg CO₂e', cell: (step) => plain(step.kg), number: true }], compared.waterfall, { caption: t('whatif.waterfall') }));
  await drawChart(chart, [{ type: 'waterfall', x: [...compared.waterfall.map((step) => literal(tOr(`cause.${step.cause}`, step.cause))), t('whatif.difference')], y: [...compared.waterfall.map((step) => step.cny), null], measure: [...compared.waterfall.map(() => 'relative'), 'total'], increasing: { marker: { color: colour('bad') } }, decreasing: { marker: { color: colour('good') } }, totals: { marker: { color: colour('accent') } } }], { yaxis: { title: { text: 'CNY' } } });
}

/** The numbers of an outcome, whatever it holds, as a flat table. */
function flat(value, path = '') {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return Object.entries(value).flatMap(([key, part]) => flat(part, path ? `${path}.${key}` : key));
  return Array.isArray(value) ? [] : [[path, value]];
}

async function drawOutcome(box, outcome) {
  const compared = outcome.comparison ?? (outcome.waterfall ? outcome : null);
  const summary = outcome.summary ?? outcome;
  const figuresBox = h('div'), fallBox = h('div');
  put(box, fallBox, figuresBox);
  put(figuresBox, h('details', { open: !compared }, h('summary', null, t('whatif.outcome')), table([{ head: t('what.name'), cell: ([name]) => h('span', { class: 'mono' }, name) }, { head: '', cell: ([, value]) => (typeof value === 'number' ? plain(value, 4) : String(value)), number: true }], flat(summary).slice(0, 200), { caption: t('whatif.outcome') })));
  if (compared) await drawWaterfall(fallBox, compared);
}

/** How far a run has come; the service tells its steps in English. */
const progressWords = (progress) => (language() === 'en' || !progress?.text ? progress?.text : t('whatif.step', { step: Math.min(progress.done + 1, progress.total), total: progress.total }));

export async function show(view, { signal }) {
  const shipped = await getOr(null, '/v1/scenarios/built-in', null, signal);
  if (!shipped || !shipped.scenarios.length) { view.append(h('h1', null, t('page.whatif')), empty(t('whatif.no_engine'))); return; }
  const options = shipped.scenarios.map((each) => [each.name, tOr(`scenario.${each.name}`, each.title || each.name)]);
  const documents = new Map(shipped.scenarios.map((each) => [each.name, each.document]));
  const wanted = choice('scenario', options, options[0][0]);
  const against = choice('against', [['', t('whatif.alone')], ...options], options[1]?.[0] ?? '');
  const runs = h('div', { id: 'runs' }), result = h('div', { id: 'result', 'aria-live': 'polite' }, empty(t('whatif.choose')));
  const names = new Map();
  const titleOf = (control) => control.selectedOptions[0].textContent;
  let watching = 0;

  const open = (id) => attempt(async () => {
    const view = await get(`/v1/scenarios/${encodeURIComponent(id)}`, null, signal);
    if (view.outcome) await drawOutcome(result, view.outcome);
  });

  async function load() {
    const { scenarios } = await getOr({ scenarios: [] }, '/v1/scenarios', null, signal);
    put(runs, scenarios.length ? table([{ head: t('what.name'), cell: (run) => names.get(run.id) ?? run.id }, { head: t('what.state'), cell: (run) => (run.state === 'running' ? [t('whatif.running'), ' ', run.progress?.total ? h('progress', { max: run.progress.total, value: run.progress.done, 'aria-label': t('whatif.running') }) : h('progress', { 'aria-label': t('whatif.running') })] : stateMark(run.state)) },
      { head: t('what.created'), cell: (run) => precise(run.created_at) }, { head: t('what.detail'), cell: (run) => (run.state === 'running' ? progressWords(run.progress) : run.detail), wide: true },
      { head: '', cell: (run) => (run.state === 'running' ? h('button', { type: 'button', class: 'quiet', onclick: () => attempt(async () => { await ask('DELETE', `/v1/scenarios/${encodeURIComponent(run.id)}`); await load(); }) }, t('whatif.cancel')) : h('button', { type: 'button', class: 'quiet', 'data-run': run.id, onclick: () => open(run.id) }, t('whatif.show'))) }], scenarios, { caption: t('whatif.runs') }) : empty(t('whatif.none')));
    return scenarios;
  }

  const firstRunning = (all) => all.find((run) => run.state === 'running')?.id;

  /** Look at a run until it ends, then at the next that runs. */
  async function watch(first) {
    const mine = ++watching;
    for (let id = first; id;) {
      const all = await load();
      if (mine !== watching || signal.aborted) return;
      const now = all.find((run) => run.id === id);
      if (now?.state === 'succeeded') await open(id);
      if (now?.state !== 'running') id = firstRunning(all);
      if (id) await new Promise((wake) => { setTimeout(wake, LOOK_MS); });
    }
  }

  const run = (event) => {
    event.preventDefault();
    attempt(async () => {
      const body = { scenario: documents.get(wanted.value) };
      if (against.value) body.against = documents.get(against.value);
      const started = await post('/v1/scenarios', body);
      names.set(started.id, against.value ? `${titleOf(wanted)} − ${titleOf(against)}` : titleOf(wanted));
      notice(t('whatif.started', { name: titleOf(wanted) }));
      await watch(started.id);
    });
  };
  view.append(h('h1', null, t('page.whatif')), h('p', null, t('whatif.words')),
    h('form', { class: 'card', onsubmit: run }, h('div', { class: 'fields' }, field(t('whatif.scenario'), wanted), field(t('whatif.against'), against), h('div', { class: 'low' }, h('button', { type: 'submit', class: 'primary', id: 'run' }, t('whatif.run'))))),
    card(t('whatif.runs'), 'runs-card', runs), card(t('whatif.outcome'), 'result-card', result));
  // Runs that were left or lost sight of are watched again.
  const takeUp = async () => watch(firstRunning(await load()));
  listen(signal, LOOK_MS, () => false, () => takeUp().catch(quiet));
  const running = firstRunning(await load());
  if (running) watch(running).catch(quiet);
}
