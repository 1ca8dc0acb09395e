// Undo and redo of changes to the network: a list of what was, and a place in it.

export interface History<State> {
  past: State[];
  future: State[];
}

export function emptyHistory<State>(): History<State> {
  return { past: [], future: [] };
}

/** What is to be remembered when `now` gives way to something new. */
export function record<State>(history: History<State>, now: State): History<State> {
  return { past: [...history.past, now].slice(-200), future: [] };
}

export function undo<State>(history: History<State>, now: State): [History<State>, State] | null {
  const before = history.past[history.past.length - 1];
  if (before === undefined) return null;
  return [{ past: history.past.slice(0, -1), future: [now, ...history.future] }, before];
}

export function redo<State>(history: History<State>, now: State): [History<State>, State] | null {
  const after = history.future[0];
  if (after === undefined) return null;
  return [{ past: [...history.past, now], future: history.future.slice(1) }, after];
}
