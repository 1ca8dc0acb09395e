// Kinds of layers: whether an output is looked at as maps or as a list, and what its channels are.
import type { GraphNode, Layer } from '../api/types';

/** Vectors are lists of units; anything with more extents has one map for each channel. */
export function isVector(shape: readonly number[]): boolean {
  return shape.length <= 1 || shape.slice(0, -1).every((extent) => extent === 1);
}

export function isProbability(layer: Layer): boolean {
  return isVector(layer.shape) && (/softmax/i.test(layer.kind) || /softmax/.test(layer.options['activation'] ?? ''));
}

/** Channels are the last extent. */
export function channelCount(node: Pick<GraphNode, 'out'>): number {
  return node.out[node.out.length - 1] ?? 1;
}
