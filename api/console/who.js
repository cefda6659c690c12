// Who is signed in: what the kept key stands for.

import { Problem, get, session } from './api.js';
import * as live from './live.js';

/** Find out; a key that no longer works is forgotten. */
export async function recognise() {
  if (!session.key) return false;
  try {
    session.who = await get('/v1/whoami');
  } catch (error) {
    if (!(error instanceof Problem) || (error.status !== 401 && error.status !== 403)) throw error;
    forget();
    return false;
  }
  live.open();
  return true;
}

export function forget() {
  session.key = '';
  session.who = null;
  live.close();
}
