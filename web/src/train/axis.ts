// What the curves are drawn over: steps, epochs or seconds. A log counts steps; the ends of epochs, and how long each took,
// say where a step is on the other axes.
import type { Columns } from './rows';

export const axes = ['step', 'epoch', 'time'] as const;
export type Axis = (typeof axes)[number];

/** Step at which each epoch ended: the last step that names it. */
export function epochSteps(steps: Columns, epochs: Columns): number[] {
  const last = new Map<number, number>();
  steps['epoch']?.forEach((epoch, i) => epoch !== null && last.set(epoch, steps['step']?.[i] ?? i));
  const perEpoch = Math.max(1, ...last.values()) / Math.max(1, ...last.keys());
  return (epochs['epoch'] ?? []).map((epoch, i) => last.get(epoch ?? i + 1) ?? Math.round((epoch ?? i + 1) * perEpoch));
}

/** Whether the log says how long epochs took. */
export const hasTime = (epochs: Columns): boolean => (epochs['sec'] ?? []).some((seconds) => seconds !== null);

/** Places on an axis at the ends of epochs. */
export function epochPlaces(axis: Axis, steps: Columns, epochs: Columns): number[] {
  if (axis === 'step') return epochSteps(steps, epochs);
  if (axis === 'epoch') return (epochs['epoch'] ?? []).map((epoch, i) => epoch ?? i + 1);
  let sum = 0;
  return (epochs['sec'] ?? []).map((seconds) => (sum += seconds ?? 0));
}

/** Places of the steps: in proportion between the ends of epochs, and on at the last epoch's pace behind them. */
export function stepPlaces(axis: Axis, steps: Columns, epochs: Columns): number[] {
  const numbers = (steps['step'] ?? []).map((step, i) => step ?? i);
  if (axis === 'step') return numbers;
  const ends = [0, ...epochSteps(steps, epochs)];
  const places = [0, ...epochPlaces(axis, steps, epochs)];
  if (ends.length === 1) return numbers.map((step) => (axis === 'epoch' ? (steps['epoch']?.[0] ?? 1) - 1 + step / Math.max(1, ...numbers) : step));
  let at = 1;
  return numbers.map((step) => {
    while (at < ends.length - 1 && step > (ends[at] ?? 0)) at++;
    const from = ends[at - 1] ?? 0;
    const to = ends[at] ?? 0;
    const before = places[at - 1] ?? 0;
    return to > from ? before + ((step - from) / (to - from)) * ((places[at] ?? 0) - before) : (places[at] ?? 0);
  });
}

/** A curve without its shaking: every value weighs `weight` times as much as the one after it (0: as it is). The first
 * values are not drawn towards 0. */
export function smoothed(values: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return [...values];
  let sum = 0;
  let weights = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = sum * weight + value;
    weights = weights * weight + 1;
    return sum / weights;
  });
}
