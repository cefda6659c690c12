// Money and carbon: what is owed, what was emitted, and what it saved against staying in the east.

import { ask, get, getOr, session } from '../api.js';
import { SERIES, draw as drawChart, literal } from '../chart.js';
import { h, put } from '../dom.js';
import { cny, count, kg, kwh, monthOf, percent } from '../format.js';
import { listen } from '../live.js';
import { newest } from '../pace.js';
import { attempt, card, empty, field, figures, jobLink, loading, table } from '../parts.js';
import { download, savers } from '../saving.js';
import { nameOf, t, tOr } from '../words.js';

const LINES = 200;
const SITES_DRAWN = 20;
const REFRESH_MS = 500;

function partSums(lines) {
  const sums = new Map();
  for (const line of lines) for (const [part, amount] of Object.entries(line.parts_cny)) sums.set(part, (sums.get(part) ?? 0) + Number(amount));
  return [...sums].sort((a, b) => b[1] - a[1]);
}

const partName = (part) => tOr(`part.${part}`, part);

async function drawBill(box, bill, month, signal) {
  const chart = h('div', { class: 'chart', id: 'bill-chart' });
  const parts = [...new Set(bill.lines.flatMap((line) => Object.keys(line.parts_cny)))];
  // The exact bill comes from the service itself; what is saved of the chart is a picture.
  const whole = (format, type) => [format, async () => download(`edwc-${bill.tenant}-${month}.${format}`, type, await (await ask('GET', '/v1/bills', { query: { month, format }, signal })).text())];
  put(box, h('div', { class: 'card-head' }, figures([[t('what.total'), cny(bill.total_cny)], [t('money.committed'), cny(bill.committed_cny)], [t('money.budget'), bill.budget_cny === null ? t('money.no_budget') : cny(bill.budget_cny)], [t('money.lines'), count(bill.lines.length)]], { id: 'bill-figures' }),
    savers('bill', t('money.bill'), { box: bill.lines.length ? chart : null, more: [whole('csv', 'text/csv'), whole('json', 'application/json')] })),
    bill.lines.length ? chart : empty(t('money.no_lines')),
    bill.lines.length > 0 && h('div', { class: 'tall' }, table([{ head: t('what.job'), cell: (line) => jobLink(line.job, line.name), wide: true },
      ...parts.map((part) => ({ head: partName(part), cell: (line) => cny(line.parts_cny[part]), number: true, spare: true })),
      { head: t('what.total'), cell: (line) => cny(line.total_cny), number: true }, { head: t('what.energy'), cell: (line) => kwh(line.energy_kwh), number: true, spare: true }, { head: t('what.carbon'), cell: (line) => kg(line.carbon_kg), number: true }],
    bill.lines.slice(0, LINES), bill.lines.length > LINES ? { said: t('money.first', { shown: LINES, all: bill.lines.length }) } : { caption: t('money.bill') })));
  if (!bill.lines.length) return;
  const sums = partSums(bill.lines);
  await drawChart(chart, [{ type: 'bar', orientation: 'h', x: sums.map(([, amount]) => amount), y: sums.map(([part]) => literal(partName(part))), marker: { color: SERIES[0] }, width: 0.6 }], { height: 90 + 32 * sums.length, xaxis: { title: { text: 'CNY' } }, yaxis: { autorange: 'reversed', ticksuffix: ' ' } });
}

async function drawCarbon(box, report, month, named) {
  const chart = h('div', { class: 'chart', id: 'carbon-chart' });
  const rows = [...report.sites].sort((a, b) => b.location_kg - a.location_kg);
  const name = (row) => nameOf(named.get(row.site)) || row.site;
  const asTable = () => [['month', 'site', 'jobs', 'energy_kwh', 'location_kg', 'market_kg'], rows.map((row) => [month, row.site, row.jobs, row.energy_kwh, row.location_kg, row.market_kg])];
  const asDocument = ['json', () => download(`edwc-carbon-${report.tenant}-${month}.json`, 'application/json', JSON.stringify(report, null, 2))];
  put(box, h('div', { class: 'card-head' }, figures([[t('what.energy'), kwh(report.energy_kwh)], [t('money.location'), kg(report.location_kg)], [t('money.market'), kg(report.market_kg)]], { id: 'carbon-figures' }),
    savers('carbon', t('money.carbon'), { box: rows.length ? chart : null, rows: asTable, more: [asDocument] })),
    rows.length ? chart : empty(t('money.no_carbon')),
    rows.length > 0 && table([{ head: t('what.site'), cell: name }, { head: t('page.jobs'), cell: (row) => count(row.jobs), number: true }, { head: t('what.energy'), cell: (row) => kwh(row.energy_kwh), number: true }, { head: t('money.location'), cell: (row) => kg(row.location_kg), number: true }, { head: t('money.market'), cell: (row) => kg(row.market_kg), number: true }], rows, { caption: t('money.carbon') }));
  if (!rows.length) return;
  const shown = rows.slice(0, SITES_DRAWN);
  const bars = (key, title) => ({ type: 'bar', name: title, x: shown.map((row) => literal(name(row))), y: shown.map((row) => row[key]) });
  await drawChart(chart, [bars('location_kg', t('money.location')), bars('market_kg', t('money.market'))], { barmode: 'group', bargap: shown.length < 4 ? 0.7 : 0.3, yaxis: { title: { text: 'kg CO₂e' } } });
}

async function drawSavings(box, signal) {
  const saved = await getOr(null, '/v1/plans/latest/savings', { everyone: session.may('operate') ? 'true' : null }, signal);
  if (!saved || !saved.jobs) { put(box, empty(t('money.no_savings'))); return; }
  const rows = () => [['', 'energy_cny', 'carbon_cny', 'network_cny', 'total_cny', 'carbon_kg', 'energy_kwh'], [['planned', saved.planned], ['stay', saved.stay]].map(([what, spent]) => [what, spent.energy_cny, spent.carbon_cny, spent.network_cny, spent.total_cny, spent.carbon_kg, spent.energy_kwh])];
  put(box, h('div', { class: 'card-head' }, figures([[t('money.saved'), `${cny(saved.saving_cny)} (${percent(saved.saving_share)})`], [t('money.saved_carbon'), kg(saved.carbon_saving_kg)], [t('money.as_planned'), cny(saved.planned.total_cny)], [t('money.if_stayed'), cny(saved.stay.total_cny)], [t('page.jobs'), count(saved.jobs)]], { id: 'savings-figures' }),
    savers('savings', t('money.savings'), { rows })),
    h('p', { class: 'faint' }, t('money.savings_words', { unpriced: count(saved.unpriced) })));
}

export async function show(view, { query, signal }) {
  view.append(h('h1', null, t('page.money')));
  const { sites } = await get('/v1/sites', null, signal);
  const named = new Map(sites.map((site) => [site.id, site]));
  const bill = h('div', null, loading()), carbon = h('div', null, loading()), savings = h('div', null, loading());
  const month = h('input', { id: 'month', type: 'month', value: query.get('month') ?? monthOf(Date.now()), required: true, onchange: () => { if (month.value) attempt(load); } });
  const load = newest(async () => {
    const wanted = { month: month.value };
    return [wanted.month, ...await Promise.all([get('/v1/bills', wanted, signal), get('/v1/carbon', wanted, signal)])];
  }, ([of, owed, emitted]) => Promise.all([drawBill(bill, owed, of, signal), drawCarbon(carbon, emitted, of, named)]));
  view.append(h('div', { class: 'fields' }, field(t('what.month'), month)),
    card(t(session.may('operate') ? 'money.savings_all' : 'money.savings'), 'savings', savings), card(t('money.bill'), 'bill', bill), card(t('money.carbon'), 'carbon', carbon));
  await Promise.all([load(), drawSavings(savings, signal)]);
  listen(signal, REFRESH_MS, () => false, () => attempt(load)); // figures stand still; only what was missed is read again
}
