// The public API, as any customer calls it. The key lives in session storage: gone with the tab, never in an address.

const KEY = 'edwc.key';

export const session = {
  get key() { return sessionStorage.getItem(KEY) ?? ''; },
  set key(text) { if (text) sessionStorage.setItem(KEY, text); else sessionStorage.removeItem(KEY); },
  who: null,
  may(scope) { return this.who?.scopes.includes(scope) ?? false; },
};

/** What the service refused, as its problem document says. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
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

/** Ask and return the answer itself. */
export async function ask(method, path, { query, body, headers, signal } = {}) {
  const send = { method, signal, headers: headersFor(headers), cache: 'no-store' };
  if (body !== undefined) {
    send.body = typeof body === 'string' ? body : JSON.stringify(body);
    send.headers['Content-Type'] = 'application/json';
  }
  let answer;
  try {
    answer = await fetch(address(path, query), send);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, { detail: error.message });
  }
  if (!answer.ok) await refuse(answer);
  return answer;
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
      const answer = await ask('GET', '/v1/events', { headers, signal });
      for await (const block of blocks(answer.body)) {
        failures = 0;
        const event = readEvent(block);
        if (event.id) last = event.id;
        if (event.data) yield JSON.parse(event.data);
      }
    } catch (error) {
      if (signal.aborted || error.status === 401 || error.status === 403) return;
    }
    await new Promise((wake) => { setTimeout(wake, PATIENCE_MS[Math.min(failures, PATIENCE_MS.length - 1)]); });
    failures += 1;
  }
}
