// Submit: a form checked as it is filled in, and the menu of offers side by side.

import { get, onceKey, post } from '../api.js';
import { h, put } from '../dom.js';
import { cny, instant, kg, kwh, ms, plain } from '../format.js';
import { notice } from '../notice.js';
import { newest } from '../pace.js';
import { choice, field, figures, table } from '../parts.js';
import { placeNames } from '../places.js';
import { language, nameOf, t, tOr } from '../words.js';

const PARTS = ['rate_card', 'energy', 'carbon', 'network', 'scarcity'];

/** What the form says, as a job document; empty fields are left out. */
function documentOf(form) {
  const text = (name) => form.elements[name].value.trim();
  const number = (name) => Number(text(name));
  const variant = { runtime_minutes: number('runtime') };
  if (text('accelerator')) Object.assign(variant, { accelerator: text('accelerator'), count: number('count') });
  const job = { name: text('name'), demand: { cpu_cores: number('cores'), memory_gib: number('memory') }, variants: [variant] };
  if (number('tasks') > 1) job.tasks = number('tasks');
  if (text('deadline')) job.deadline = new Date(Date.now() + number('deadline') * 3600e3).toISOString();
  if (text('origin')) job.origin = text('origin');
  if (text('rtt')) job.rtt_ms_max = number('rtt');
  if (text('input')) job.inputs = [{ at: text('input_at'), size_gb: number('input') }];
  if (text('command')) job.command = ['sh', '-c', text('command')];
  if (text('value')) job.value_cny = number('value');
  return job;
}

/** Faults of the form by field name; the service has the last word. */
function faultsOf(form) {
  const faults = {};
  if (!form.elements.name.value.trim()) faults.name = t('submit.need_name');
  for (const name of ['cores', 'runtime', 'tasks', 'count', 'deadline', 'rtt', 'input', 'value']) {
    const control = form.elements[name];
    const needed = ['cores', 'runtime', 'tasks'].includes(name) || (name === 'count' && form.elements.accelerator.value);
    if (control.validity.badInput || (control.value.trim() ? !(Number(control.value) > 0) : needed)) faults[name] = t('submit.need_amount', { field: t(`submit.${name}`) });
  }
  return faults;
}

function drawFaults(form, faults) {
  for (const control of form.elements) {
    if (!control.name) continue;
    const words = form.querySelector(`#fault-${control.name}`);
    if (!words) continue;
    control.setAttribute('aria-invalid', faults[control.name] ? 'true' : 'false');
    words.textContent = faults[control.name] ?? '';
  }
}

function input(name, attributes) {
  return h('input', { id: `job-${name}`, name, autocomplete: 'off', 'aria-describedby': `fault-${name}`, ...attributes });
}

const group = (title, ...fields) => h('fieldset', null, h('legend', null, t(title)), h('div', { class: 'fields' }, fields));

function jobForm(cities, models, origin) {
  const amount = (name, value, more) => field(t(`submit.${name}`), input(name, { type: 'number', step: 'any', min: 0, value, ...more }));
  const marked = (box, name) => { box.append(h('p', { class: 'fault', id: `fault-${name}`, role: 'alert' })); return box; };
  const anywhere = [['', t('submit.anywhere')], ...cities];
  return h('form', { id: 'job-form', class: 'card', novalidate: true },
    group('submit.what', marked(field(t('submit.name'), input('name', { required: true, maxlength: 200, value: '' })), 'name'),
      marked(amount('cores', 8), 'cores'), field(t('submit.memory'), input('memory', { type: 'number', step: 'any', min: 0, value: 32 })),
      field(t('submit.accelerator'), choice('accelerator', [['', t('submit.no_accelerator')], ...models.map((model) => [model, model])], '')), marked(amount('count', 8), 'count'),
      marked(amount('tasks', 1, { step: 1 }), 'tasks'), field(t('submit.command'), input('command', { maxlength: 4000 }), t('submit.command_hint'))),
    group('submit.where', field(t('submit.origin'), choice('origin', anywhere, origin)), marked(amount('rtt', ''), 'rtt'),
      marked(amount('input', ''), 'input'), field(t('submit.input_at'), choice('input_at', cities, cities[0]?.[0]))),
    group('submit.when', marked(amount('runtime', 60), 'runtime'), marked(amount('deadline', 24), 'deadline'), marked(amount('value', ''), 'value')),
    h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'primary', id: 'quote' }, t('submit.quote')), h('button', { type: 'button', id: 'send' }, t('submit.without'))),
    h('p', { class: 'fault', id: 'job-refused', role: 'alert' }));
}

const isRegion = (offer) => offer.choice.startsWith('region:');
const madeOf = (offer) => PARTS.filter((part) => offer.parts[`${part}_cny`] !== undefined);

/** One of the main choices, with what its price is made of. */
function offerCard(offer, name, take) {
  return h('section', { class: 'card offer', 'data-choice': offer.choice },
    h('h3', null, tOr(`submit.${offer.choice}`, offer.choice)), h('p', { class: 'price' }, cny(offer.price_cny)),
    figures([[t('what.site'), name(offer.site)], [t('what.start'), instant(offer.start)], [t('what.finish'), instant(offer.finish)], [t('what.energy'), kwh(offer.energy_kwh)], [t('what.carbon'), kg(offer.carbon_kg)], [t('what.rtt'), ms(offer.rtt_ms)]]),
    h('details', null, h('summary', null, t('submit.made_of')), h('table', null, h('tbody', null, madeOf(offer).map((part) => h('tr', null,
      h('th', { scope: 'row' }, t(`part.${part}`)), h('td', { class: 'number' }, cny(offer.parts[`${part}_cny`]))))))),
    h('button', { type: 'button', class: 'primary', onclick: () => take(offer) }, t('submit.take')));
}

/** The regions side by side, a row each. */
function regionTable(offers, name, take) {
  const region = (offer) => { const id = offer.choice.slice('region:'.length); return tOr(`province.${id}`, id); };
  return h('div', { class: 'card tall' }, table([
    { head: t('what.province'), cell: region }, { head: t('what.site'), cell: (offer) => name(offer.site) }, { head: t('what.price'), cell: (offer) => h('span', { title: madeOf(offer).map((part) => `${t(`part.${part}`)} ${cny(offer.parts[`${part}_cny`])}`).join(' · ') }, cny(offer.price_cny)), number: true },
    { head: t('what.start'), cell: (offer) => instant(offer.start), number: true, spare: true }, { head: t('what.finish'), cell: (offer) => instant(offer.finish), number: true }, { head: t('what.carbon'), cell: (offer) => kg(offer.carbon_kg), number: true, spare: true }, { head: t('what.rtt'), cell: (offer) => ms(offer.rtt_ms), number: true, spare: true },
    { head: t('submit.take'), cell: (offer) => h('button', { type: 'button', class: 'quiet', 'data-choice': offer.choice, 'aria-label': `${t('submit.take')}: ${region(offer)}`, onclick: () => take(offer) }, t('submit.take')) },
  ], offers, { caption: t('submit.regions') }));
}

function offersView(offers, name, take) {
  const regions = offers.filter(isRegion);
  return [h('div', { class: 'columns' }, offers.filter((offer) => !isRegion(offer)).map((offer) => offerCard(offer, name, take))), regions.length > 0 && regionTable(regions, name, take)];
}

function noOffers(reasons) {
  return h('div', { class: 'refusal' }, h('p', null, t('submit.no_offers')), h('ul', null, Object.entries(reasons).map(([reason, sites]) => h('li', null, `${tOr(`reason.${reason}`, reason)}: ${plain(sites, 0)}`))));
}

const hint = () => h('p', { class: 'faint card' }, t('submit.hint'));

export async function show(view, { query, signal }) {
  view.append(h('h1', null, t('submit.title')));
  const [{ sites }, { cities: known }, name] = await Promise.all([get('/v1/sites', null, signal), get('/v1/cities', null, signal), placeNames()]);
  const cities = known.map((city) => [city.id, nameOf(city)]).sort((a, b) => a[1].localeCompare(b[1], language()));
  const models = [...new Set(sites.flatMap((site) => Object.keys(site.accelerators)))].sort();
  const form = jobForm(cities, models, query.get('origin') ?? '');
  const refused = form.querySelector('#job-refused');
  const offers = h('div', { id: 'offers', class: 'offers', 'aria-live': 'polite' }, hint());
  let order = null; // what the form says, under the key of its request; made anew when the form says something else

  const newOrder = () => ({ key: onceKey(), document: documentOf(form), unanswered: false });

  /** Send an order. One whose answer was lost is sent again as it was: the service knows it by its key. */
  async function send(sent, quote) {
    const before = sent.unanswered;
    sent.unanswered = true;
    const job = await post('/v1/jobs', sent.document, { query: quote ? { quote: quote.id } : null, headers: { 'Idempotency-Key': sent.key }, signal })
      .catch((error) => {
        if (error.status >= 400 && error.status < 500) sent.unanswered = before;
        if (!sent.unanswered && !offers.dataset.of) order = null;
        throw error;
      });
    order = null;
    notice(t('submit.done', { name: job.name }));
    location.hash = `#/jobs/${encodeURIComponent(job.id)}`;
  }

  function refuse(error) {
    if (error.name === 'AbortError') return;
    refused.textContent = [error.message, ...(error.errors ?? []).map((each) => `${each.field}: ${each.detail}`)].join(' · ');
  }

  /** An offer is of what was quoted: it goes when the form says something else. */
  function forgetOrder() {
    order = null;
    if (!offers.dataset.of) return;
    delete offers.dataset.of;
    put(offers, hint());
  }

  /** Check the form, then act on what it says; what is refused is said beside it. */
  async function withOrder(act) {
    refused.textContent = '';
    const faults = faultsOf(form);
    drawFaults(form, faults);
    if (Object.keys(faults).length) { form.elements[Object.keys(faults)[0]].focus(); return; }
    order ??= newOrder();
    try { await act(order); } catch (error) { refuse(error); }
  }

  const quote = newest((quoted) => post('/v1/quotes', quoted.document, { signal }), (menu, quoted) => {
    if (quoted !== order) return; // the form says something else by now
    put(offers, h('h2', null, t('submit.offers'), ' ', h('span', { class: 'faint' }, t('submit.expires', { time: instant(menu.expires_at) }))),
      menu.offers.length ? offersView(menu.offers, name, (taken) => send(quoted, taken).catch(refuse)) : noOffers(menu.reasons));
    offers.dataset.of = quoted.key;
  });

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    // The deadline is so many hours from now: the old one is kept only where the same request must be sent again.
    if (!order?.unanswered) order = null;
    withOrder(quote);
  });
  form.addEventListener('input', () => { forgetOrder(); drawFaults(form, form.dataset.tried ? faultsOf(form) : {}); });
  form.addEventListener('focusout', () => { form.dataset.tried = 'yes'; });
  form.querySelector('#send').addEventListener('click', () => withOrder((sent) => send(sent, null)));
  view.append(form, offers);
}
