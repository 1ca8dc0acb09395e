// Kinds of layers: the family that gives a card its colour, and whether its output is looked at as maps or as a list.
import type { GraphNode } from '../api/types';

export const families = ['input', 'convolution', 'dense', 'pooling', 'normalization', 'activation', 'merge', 'shape', 'other'] as const;
export type Family = (typeof families)[number];

const patterns: readonly [Family, RegExp][] = [
  ['input', /^input/i],
  ['convolution', /conv/i],
  ['dense', /dense|embedding/i],
  ['pooling', /pool/i],
  ['normalization', /normali[sz]ation|batchnorm/i],
  ['merge', /^(add|subtract|multiply|average|maximum|minimum|concatenate|dot)$/i],
  ['shape', /flatten|reshape|permute|padding|cropping|upsampl|repeat|dropout/i],
  ['activation', /activation|relu|elu|softmax|sigmoid|tanh|mish|swish|gelu/i],
];

export function familyOf(kind: string): Family {
  return patterns.find(([, pattern]) => pattern.test(kind))?.[0] ?? 'other';
}

/** Vectors are lists of units; anything with more extents has one map for each channel. */
export function isVector(shape: readonly number[]): boolean {
  return shape.length <= 1 || shape.slice(0, -1).every((extent) => extent === 1);
}

export function isProbability(layer: { kind: string; activation?: string; out: readonly number[] }): boolean {
  return isVector(layer.out) && (/softmax/i.test(layer.kind) || layer.activation === 'softmax');
}

/** Channels are the last extent. */
export function channelCount(node: Pick<GraphNode, 'out'>): number {
  return node.out[node.out.length - 1] ?? 1;
}
