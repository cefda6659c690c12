// One event stream for all pages: who listens is told of every event, and of nothing after it has left.

import { events } from './api.js';

const listeners = new Set();
let stream = null;

async function follow(signal) {
  for await (const event of events(signal)) for (const hear of [...listeners]) hear(event);
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

/** Call `hear` with every event until `signal` says that the page is left. */
export function listen(signal, hear) {
  listeners.add(hear);
  signal.addEventListener('abort', () => listeners.delete(hear), { once: true });
}
