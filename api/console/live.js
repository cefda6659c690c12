// One event stream for all pages: who listens is told of what it cares for, and of nothing after it has left.

import { events } from './api.js';
import { atMostEvery } from './pace.js';

const listeners = new Set();
let stream = null;

async function follow(signal) {
  for await (const event of events(signal)) for (const { cares, act } of [...listeners]) if (cares(event)) act();
}

/** Open the stream, once, when somebody has signed in. */
export function open() {
  if (stream) return;
  stream = new AbortController();
  follow(stream.signal).catch((error) => { if (error.name !== 'AbortError') console.warn(error); });
}

export function close() {
  stream?.abort();
  stream = null;
}

/** Call `act` after events that `cares(event)` is true of, at most every `ms`, until `signal` says that the page is left. */
export function listen(signal, ms, cares, act) {
  const listener = { cares, act: atMostEvery(ms, () => { if (!signal.aborted) act(); }) };
  listeners.add(listener);
  signal.addEventListener('abort', () => listeners.delete(listener), { once: true });
}

/** The service was away: whoever listens reads again what it may have missed. */
export function missed() {
  for (const { act } of [...listeners]) act();
}
