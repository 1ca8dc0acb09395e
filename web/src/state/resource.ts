// Something on the screen that is fetched: follows a key (mostly an address), keeps the value before while the new one is
// on its way, and drops answers that came too late.
import { effect, signal, type ReadonlySignal } from '@preact/signals';
import { isAbort, problemOf, reachable } from '../api/client';
import type { Problem } from '../api/types';

export interface Resource<Value> {
  /** What is wanted; null: nothing. */
  key: string | null;
  value: Value | null;
  /** What `value` belongs to: differs from `key` while the value is that of before. */
  valueKey: string | null;
  busy: boolean;
  problem: Problem | null;
}

export function isStale(resource: Resource<unknown>): boolean {
  return resource.value !== null && resource.valueKey !== resource.key;
}

export interface Source<Value> {
  at: ReadonlySignal<Resource<Value>>;
  /** Fetches again although the key is the same. */
  again(): void;
}

/** What is wanted; null: nothing; undefined: not known yet, what there is stays for as long. */
export type Wanted = string | null | undefined;

/** `kept` may answer at once, without a turn through the network. */
export function resource<Value>(
  key: () => Wanted,
  load: (key: string, abort: AbortSignal) => Promise<Value>,
  kept?: (key: string) => Value | undefined,
): Source<Value> {
  const at = signal<Resource<Value>>({ key: null, value: null, valueKey: null, busy: false, problem: null });
  const round = signal(0);
  let abort: AbortController | null = null;
  let roundBefore = 0;
  effect(() => {
    const wanted = key();
    const again = round.value !== roundBefore;
    roundBefore = round.value;
    const now = at.peek();
    if (wanted === now.key && !again) return;
    abort?.abort();
    abort = null;
    if (wanted === undefined) {
      at.value = { ...now, key: '', busy: true, problem: null };
      return;
    }
    if (wanted === null) {
      at.value = { key: null, value: null, valueKey: null, busy: false, problem: null };
      return;
    }
    const ready = again ? undefined : kept?.(wanted);
    if (ready !== undefined) {
      at.value = { key: wanted, value: ready, valueKey: wanted, busy: false, problem: null };
      return;
    }
    const own = new AbortController();
    abort = own;
    at.value = { key: wanted, value: now.value, valueKey: now.valueKey, busy: true, problem: null };
    load(wanted, own.signal).then(
      (value) => {
        if (!own.signal.aborted) at.value = { key: wanted, value, valueKey: wanted, busy: false, problem: null };
      },
      (reason: unknown) => {
        if (own.signal.aborted || isAbort(reason)) return;
        const problem = problemOf(reason);
        // A server that is away takes nothing off the screen.
        const held = problem.code === 'unreachable' ? now : { value: null, valueKey: null };
        at.value = { key: wanted, value: held.value, valueKey: held.valueKey, busy: false, problem };
      },
    );
  });
  // What failed because the server was away is fetched when it is back.
  effect(() => {
    if (reachable.value && at.peek().problem?.code === 'unreachable') round.value++;
  });
  return { at, again: () => void round.value++ };
}
