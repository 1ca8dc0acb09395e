// What the columns of a training say in words: where each curve began, is and was best, and what looks wrong.
import type { Columns } from './rows';

export interface Extremes {
  first: number;
  last: number;
  low: number;
  lowAt: number;
  high: number;
  highAt: number;
}

/** Of one column over its axis; null where it has no number at all. */
export function extremes(axis: readonly (number | null)[], values: readonly (number | null)[]): Extremes | null {
  let found: Extremes | null = null;
  values.forEach((value, i) => {
    const place = axis[i] ?? i;
    if (value === null || value === undefined || !Number.isFinite(value)) return;
    if (!found) found = { first: value, last: value, low: value, lowAt: place, high: value, highAt: place };
    found.last = value;
    if (value < found.low) (found.low = value), (found.lowAt = place);
    if (value > found.high) (found.high = value), (found.highAt = place);
  });
  return found;
}

export interface Warning {
  key: 'warn.nan' | 'warn.still' | 'warn.plateau' | 'warn.gap';
  values: Record<string, number>;
}

const plateauEpochs = 8;
const gapFactor = 1.5;
const stillSteps = 3;

export function warnings(steps: Columns, epochs: Columns): Warning[] {
  const found: Warning[] = [];
  const bad = (steps['loss'] ?? []).findIndex((value) => value === null);
  if (bad >= 0) found.push({ key: 'warn.nan', values: { step: steps['step']?.[bad] ?? bad } });
  const lengths = steps['gnorm'] ?? [];
  let still = lengths.length;
  while (still > 0 && lengths[still - 1] === 0) still--;
  if (lengths.length - still >= stillSteps) found.push({ key: 'warn.still', values: { step: steps['step']?.[still] ?? still } });
  const epoch = epochs['epoch'] ?? [];
  const validation = extremes(epoch, epochs['val_loss'] ?? []);
  const loss = extremes(epoch, epochs['loss'] ?? []);
  if (!validation) return found;
  const since = (epoch.at(-1) ?? 0) - validation.lowAt;
  if (since >= plateauEpochs) found.push({ key: 'warn.plateau', values: { count: since } });
  if (loss && epoch.length > 2 && validation.last > gapFactor * loss.last && since > 1) {
    found.push({ key: 'warn.gap', values: { validation: validation.last, training: loss.last } });
  }
  return found;
}

/** The epoch's best value as its log tells: `best` follows what is monitored, and the epoch where it last changed. */
export function bestEpoch(epochs: Columns): { value: number; epoch: number } | null {
  const best = epochs['best'] ?? [];
  const value = best.at(-1);
  if (value === null || value === undefined) return null;
  const index = best.indexOf(value);
  return { value, epoch: epochs['epoch']?.[index] ?? index + 1 };
}
