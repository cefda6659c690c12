// When things run: soon, seldom, or only if nothing newer was asked.

/** Run `act` at most once a frame, with the latest arguments. */
export function onceAFrame(act) {
  let waiting = null;
  return (...given) => {
    if (waiting === null) requestAnimationFrame(() => { const last = waiting; waiting = null; act(...last); });
    waiting = given;
  };
}

/** Run `act` when nothing has called for `ms`. */
export function afterAPause(ms, act) {
  let timer = 0;
  return (...given) => { clearTimeout(timer); timer = setTimeout(() => act(...given), ms); };
}

/** Run `act` at most every `ms`, and once after the last call: calls that never pause cannot put it off. */
export function atMostEvery(ms, act) {
  let timer = 0;
  return () => { timer ||= setTimeout(() => { timer = 0; act(); }, ms); };
}

/** Read, then show what was read; an answer that comes after a newer question is dropped. */
export function newest(read, show) {
  let asked = 0;
  return async (...given) => {
    const mine = ++asked;
    const answer = await read(...given);
    if (mine === asked) await show(answer, ...given);
  };
}
