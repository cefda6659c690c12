// The public API, as any customer calls it. The key lives in session storage: gone with the tab, never in an address.

import { t } from './words.js';

const KEY = 'edwc.key';
const TRIES = 3; // of a question that comes too soon after the last
const LONGEST_WAIT_S = 5;
const LOOK_AGAIN_MS = 2000;

export const session = {
  get key() { return sessionStorage.getItem(KEY) ?? ''; },
  set key(text) { if (text) sessionStorage.setItem(KEY, text); else sessionStorage.removeItem(KEY); },
  who: null,
  may(scope) { return this.who?.scopes.includes(scope) ?? false; },
};

const IN_WORDS = { 0: 'shell.no_answer', 403: 'shell.forbidden', 404: 'shell.not_found', 429: 'shell.too_many' };

/** What the service refused, as its problem document says. */
export class Problem extends Error {
  constructor(status, body) {
    const detail = body.detail ?? body.title ?? `HTTP ${status}`;
    super(IN_WORDS[status] ? `${t(IN_WORDS[status])} (${detail})` : detail);
    this.status = status;
    this.body = body;
    this.field = body.field ?? '';
    this.errors = body.errors ?? [];
    this.requestId = body.request_id ?? '';
  }
}

function headersFor(extra) {
  const headers = { Accept: 'application/json', ...extra };
  if (session.key) headers.Authorization = `Bearer ${session.key}`;
  return headers;
}

function address(path, query) {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== null && each !== undefined && each !== '') parts.append(name, each);
    }
  }
  const text = parts.toString();
  return text ? `${path}?${text}` : path;
}

async function refuse(answer) {
  let body = {};
  try { body = await answer.json(); } catch { /* a proxy's page, not ours: the status says it all */ }
  if (answer.status === 401) window.dispatchEvent(new Event('edwc:signed-out'));
  throw new Problem(answer.status, body);
}

let reachable = true;

/** Tell the page, which says so, when the service stops to answer and when it answers again. */
function tellLink(up) {
  if (up === reachable) return;
  reachable = up;
  window.dispatchEvent(new Event(up ? 'edwc:reached' : 'edwc:unreachable'));
  if (!up) lookAgain();
}

async function lookAgain() {
  while (!reachable) {
    await pause(LOOK_AGAIN_MS);
    await ask('GET', '/healthz').catch(() => {});
  }
}

const pause = (ms) => new Promise((wake) => { setTimeout(wake, ms); });

/** One request; a question that the service wants later is asked again when it says. */
async function send(where, how) {
  for (let turn = 1; ; turn += 1) {
    const answer = await fetch(where, how);
    if (answer.status !== 429 || how.method !== 'GET' || turn === TRIES) return answer;
    await pause(1000 * Math.min(LONGEST_WAIT_S, Number(answer.headers.get('Retry-After')) || 1));
    how.signal?.throwIfAborted();
  }
}

/** Ask and return the answer itself. */
export async function ask(method, path, { query, body, headers, signal } = {}) {
  const how = { method, signal, headers: headersFor(headers), cache: 'no-store' };
  if (body !== undefined) {
    how.body = typeof body === 'string' ? body : JSON.stringify(body);
    how.headers['Content-Type'] = 'application/json';
  }
  let answer;
  try {
    answer = await send(address(path, query), how);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    tellLink(false);
    throw new Problem(0, { detail: error.message });
  }
  tellLink(true);
  if (!answer.ok) await refuse(answer);
  return answer;
}

/** A page's script; one that does not come is a service that does not answer. */
export async function script(load) {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    tellLink(false);
    throw new Problem(0, { detail: error.message });
  }
}

export const get = async (path, query, signal) => (await ask('GET', path, { query, signal })).json();
export const post = async (path, body, more = {}) => (await ask('POST', path, { body, ...more })).json();

/** The answer, or `otherwise` where there is no such thing yet. */
export async function getOr(otherwise, path, query, signal) {
  try {
    return await get(path, query, signal);
  } catch (error) {
    if (error instanceof Problem && (error.status === 404 || error.status === 503)) return otherwise;
    throw error;
  }
}

/** A fresh idempotency key: a repeated click repeats nothing. */
export function onceKey() {
  return `console-${crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4))).join('-')}`;
}

function readEvent(block) {
  const event = { data: '' };
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    if (at > 0) event[line.slice(0, at)] = line.slice(at + 1).trimStart();
  }
  return event;
}

async function* blocks(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const pieces = (rest + value).split('\n\n');
      rest = pieces.pop();
      yield* pieces;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

const PATIENCE_MS = [500, 1000, 2000, 5000, 10000];

/** Every event from now on; a broken stream is taken up again where it ended. EventSource can send no key, so this reads the stream itself. */
export async function* events(signal) {
  let last = '';
  for (let failures = 0; !signal.aborted;) {
    try {
      const headers = { Accept: 'text/event-stream', ...(last ? { 'Last-Event-ID': last } : {}) };
      const answer = await ask('GET', '/v1/events?public=true', { headers, signal });
      for await (const block of blocks(answer.body)) {
        failures = 0;
        const event = readEvent(block);
        if (event.id) last = event.id;
        if (event.data) yield JSON.parse(event.data);
      }
    } catch (error) {
      if (signal.aborted || error.status === 401 || error.status === 403) return;
    }
    await pause(PATIENCE_MS[Math.min(failures, PATIENCE_MS.length - 1)]);
    failures += 1;
  }
}
