// The receptive field: which box of the input a unit of a layer sees, from the layer's rule, without a request.
import type { FieldRule } from '../api/types';

export interface Box {
  y: number;
  x: number;
  height: number;
  width: number;
  /** Part of the box lies outside the input, in padding. */
  clipped: boolean;
}

/** The box of unit (y, x), cut to the input. */
export function fieldBox(rule: FieldRule, y: number, x: number): Box {
  const top = rule.start[0] + y * rule.stride[0];
  const left = rule.start[1] + x * rule.stride[1];
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
