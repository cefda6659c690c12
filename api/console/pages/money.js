// Money and carbon: what is owed, what was emitted, and what it saved against staying in the east.

import { ask, get, getOr, session } from '../api.js';
import { SERIES, draw as drawChart, literal } from '../chart.js';
import { h, put } from '../dom.js';
import { cny, count, kg, kwh, monthOf, percent } from '../format.js';
import { attempt, download, empty, field, figures, table } from '../parts.js';
import { nameOf, t, tOr } from '../words.js';

const LINES = 200;
const card = (title, id, ...children) => h('section', { class: 'card', id, 'aria-labelledby': `${id}-title` }, h('h2', { id: `${id}-title` }, title), children);

function partSums(lines) {
  const sums = new Map();
  for (const line of lines) for (const [part, amount] of Object.entries(line.parts_cny)) sums.set(part, (sums.get(part) ?? 0) + Number(amount));
  return [...sums].sort((a, b) => b[1] - a[1]);
}

async function drawBill(box, month, signal) {
  const bill = await get('/v1/bills', { month }, signal);
  const chart = h('div', { class: 'chart' });
  const parts = [...new Set(bill.lines.flatMap((line) => Object.keys(line.parts_cny)))];
  const save = (format, type) => attempt(async () => download(`edwc-${bill.tenant}-${month}.${format}`, type, await (await ask('GET', '/v1/bills', { query: { month, format }, signal })).text()));
  put(box, figures([[t('what.total'), cny(bill.total_cny)], [t('money.committed'), cny(bill.committed_cny)], [t('money.budget'), bill.budget_cny === null ? t('money.no_budget') : cny(bill.budget_cny)], [t('money.lines'), count(bill.lines.length)]], { id: 'bill-figures' }),
    h('div', { class: 'buttons' }, h('button', { type: 'button', id: 'bill-csv', onclick: () => save('csv', 'text/csv') }, `${t('shell.download')} CSV`), h('button', { type: 'button', onclick: () => save('json', 'application/json') }, `${t('shell.download')} JSON`)),
    bill.lines.length ? chart : empty(t('money.no_lines')),
    bill.lines.length > 0 && table([{ head: t('what.job'), cell: (line) => h('a', { href: `#/jobs/${encodeURIComponent(line.job)}` }, line.name), wide: true },
      ...parts.map((part) => ({ head: tOr(`part.${part}`, part), cell: (line) => cny(line.parts_cny[part]), number: true })),
      { head: t('what.total'), cell: (line) => cny(line.total_cny), number: true }, { head: t('what.energy'), cell: (line) => kwh(line.energy_kwh), number: true }, { head: t('what.carbon'), cell: (line) => kg(line.carbon_kg), number: true }],
    bill.lines.slice(0, LINES), { caption: bill.lines.length > LINES ? t('money.first', { shown: LINES, all: bill.lines.length }) : t('money.bill') }));
  if (!bill.lines.length) return;
  const sums = partSums(bill.lines);
  await drawChart(chart, [{ type: 'bar', orientation: 'h', x: sums.map(([, amount]) => amount), y: sums.map(([part]) => literal(tOr(`part.${part}`, part))), marker: { color: SERIES[0] } }], { height: 80 + 32 * sums.length, xaxis: { title: { text: 'CNY' } }, yaxis: { autorange: 'reversed' } });
}

async function drawCarbon(box, month, named, signal) {
  const report = await get('/v1/carbon', { month }, signal);
  const chart = h('div', { class: 'chart' });
  const rows = [...report.sites].sort((a, b) => b.location_kg - a.location_kg);
  const name = (row) => nameOf(named.get(row.site)) || row.site;
  put(box, figures([[t('what.energy'), kwh(report.energy_kwh)], [t('money.location'), kg(report.location_kg)], [t('money.market'), kg(report.market_kg)]], { id: 'carbon-figures' }),
    h('div', { class: 'buttons' }, h('button', { type: 'button', onclick: () => download(`edwc-carbon-${report.tenant}-${month}.json`, 'application/json', JSON.stringify(report, null, 2)) }, `${t('shell.download')} JSON`)),
    rows.length ? chart : empty(t('money.no_carbon')),
    rows.length > 0 && table([{ head: t('what.site'), cell: name }, { head: t('page.jobs'), cell: (row) => count(row.jobs), number: true }, { head: t('what.energy'), cell: (row) => kwh(row.energy_kwh), number: true }, { head: t('money.location'), cell: (row) => kg(row.location_kg), number: true }, { head: t('money.market'), cell: (row) => kg(row.market_kg), number: true }], rows, { caption: t('money.carbon') }));
  if (rows.length) {
    const shown = rows.slice(0, 20);
    await drawChart(chart, [{ type: 'bar', name: t('money.location'), x: shown.map((row) => literal(name(row))), y: shown.map((row) => row.location_kg) }, { type: 'bar', name: t('money.market'), x: shown.map((row) => literal(name(row))), y: shown.map((row) => row.market_kg) }], { barmode: 'group', yaxis: { title: { text: 'kg CO₂e' } } });
  }
}

async function drawSavings(box, signal) {
  const saved = await getOr(null, '/v1/plans/latest/savings', { everyone: session.may('operate') ? 'true' : null }, signal);
  if (!saved || !saved.jobs) { put(box, empty(t('money.no_savings'))); return; }
  put(box, figures([[t('money.saved'), `${cny(saved.saving_cny)} (${percent(saved.saving_share)})`], [t('money.saved_carbon'), kg(saved.carbon_saving_kg)], [t('money.as_planned'), cny(saved.planned.total_cny)], [t('money.if_stayed'), cny(saved.stay.total_cny)], [t('page.jobs'), count(saved.jobs)]], { id: 'savings-figures' }),
    h('p', { class: 'faint' }, t('money.savings_words', { unpriced: count(saved.unpriced) })));
}

export async function show(view, { query, signal }) {
  const { sites } = await get('/v1/sites', null, signal);
  const named = new Map(sites.map((site) => [site.id, site]));
  const bill = h('div'), carbon = h('div'), savings = h('div');
  const month = h('input', { id: 'month', type: 'month', value: query.get('month') ?? monthOf(Date.now()), required: true, onchange: () => { if (month.value) load().catch(quiet); } });
  const quiet = (error) => { if (error.name !== 'AbortError') put(bill, h('p', { class: 'fault', role: 'alert' }, error.message)); };
  const load = () => Promise.all([drawBill(bill, month.value, signal), drawCarbon(carbon, month.value, named, signal)]);
  view.append(h('h1', null, t('page.money')), h('div', { class: 'fields' }, field(t('what.month'), month)),
    card(t('money.savings'), 'savings', savings), card(t('money.bill'), 'bill', bill), card(t('money.carbon'), 'carbon', carbon));
  await Promise.all([load(), drawSavings(savings, signal)]);
}
