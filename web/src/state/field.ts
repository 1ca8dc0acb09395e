// The receptive field: which box of the input a unit of a layer sees, from the layer's rule, without a request.
import type { ReceptiveField } from '../api/types';

export interface Box {
  y: number;
  x: number;
  height: number;
  width: number;
  /** Part of the box lies outside the input, in padding. */
  clipped: boolean;
}

/** What every unit of a layer sees: the box of unit (y, x) begins at start + (y, x) * step. */
export interface FieldRule {
  size: [number, number];
  step: [number, number];
  start: [number, number];
  input: [number, number];
}

/** The rule of a layer with maps of `shape` over an input of `input`; null where it has none. Layers that do not tell
 * where their fields begin have them centred, as "same" padding does. */
export function fieldRule(field: ReceptiveField, shape: readonly number[], input: readonly [number, number]): FieldRule | null {
  if (!field.known || shape.length < 2) return null;
  if (field.whole) return { size: [...input], step: [0, 0], start: [0, 0], input: [...input] };
  if (field.step[0] === 0) return null;
  const first = (axis: 0 | 1): number => (input[axis] - field.size[axis] - ((shape[axis] ?? 1) - 1) * field.step[axis]) / 2;
  return { size: field.size, step: field.step, start: field.start ?? [first(0), first(1)], input: [...input] };
}

/** The box of unit (y, x), cut to the input. */
export function fieldBox(rule: FieldRule, y: number, x: number): Box {
  const top = rule.start[0] + y * rule.step[0];
  const left = rule.start[1] + x * rule.step[1];
  const bottom = top + rule.size[0];
  const right = left + rule.size[1];
  const cutTop = Math.max(0, top);
  const cutLeft = Math.max(0, left);
  const cutBottom = Math.min(rule.input[0], bottom);
  const cutRight = Math.min(rule.input[1], right);
  return {
    y: cutTop,
    x: cutLeft,
    height: Math.max(0, cutBottom - cutTop),
    width: Math.max(0, cutRight - cutLeft),
    clipped: top < 0 || left < 0 || bottom > rule.input[0] || right > rule.input[1],
  };
}
