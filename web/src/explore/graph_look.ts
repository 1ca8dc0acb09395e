// What colours the cards of the graph: the family of the layer, or one number of every layer as a bar.
import type { GraphLook } from '../draw/graph';
import type { GraphNode, LayerRow } from '../api/types';
import { familyOf } from '../state/kinds';
import { bytes, milliseconds, percent, shape, short } from '../state/numbers';
import { graph, rowsByLayer, view } from '../state/store';
import { token } from '../state/theme';
import { say, sayIfKnown } from '../text/say';

/** The kind in words: "convolution 3x3 s1 same". */
export function nodeName(node: GraphNode): string {
  const family = familyOf(node.kind);
  const word = family === 'other' ? node.kind : (sayIfKnown(`family.${family}`) ?? node.kind);
  return node.k ? `${word} ${node.k}` : word;
}

/** The number that colours a node, or null when it has none. */
function measured(node: GraphNode): { value: number; text: string } | null {
  const colour = view.value.colour;
  if (colour === 'kind') return null;
  if (colour === 'parameters') return { value: node.params, text: short(node.params) };
  if (colour === 'trainable') {
    return { value: node.trainable ? 1 : 0, text: node.params === 0 ? '–' : say(node.trainable ? 'facts.trainable' : 'facts.frozen') };
  }
  const own = rowsOf(node);
  const last = own[own.length - 1];
  if (!last) return null;
  if (colour === 'zero') return { value: last.zero, text: say('graph.zeroShare', { share: percent(last.zero, 0) }) };
  if (colour === 'memory') {
    const size = own.reduce((sum, row) => sum + row.bytes, 0);
    return { value: size, text: bytes(size) };
  }
  const time = own.reduce((sum, row) => sum + row.ns, 0);
  return { value: time, text: milliseconds(time) };
}

function rowsOf(node: GraphNode): LayerRow[] {
  const members = node.members.length > 0 ? node.members : [node.id];
  return members.map((member) => rowsByLayer.value.get(member)).filter((row) => row !== undefined);
}

export function isBadNode(node: GraphNode): boolean {
  return node.problem !== undefined || rowsOf(node).some((row) => row.nan > 0);
}

export function graphLook(): GraphLook {
  const kinds = new Map<string, string>();
  const nodes = graph.at.value.value?.nodes ?? [];
  const values = new Map(nodes.map((node) => [node.id, measured(node)]));
  const largest = Math.max(1e-30, ...[...values.values()].map((one) => one?.value ?? 0));
  const shares = view.value.colour === 'zero' ? 1 : largest;
  const family = (node: GraphNode): string => {
    const name = familyOf(node.kind);
    const colour = kinds.get(name) ?? token(`--family-${name}`);
    kinds.set(name, colour);
    return colour;
  };
  return {
    card: token('--raised'),
    line: token('--line-strong'),
    edge: token('--edge'),
    text: token('--text'),
    muted: token('--muted'),
    accent: token('--accent'),
    group: token('--group'),
    danger: token('--danger'),
    font: token('--font'),
    kind: family,
    measure(node) {
      const one = values.get(node.id);
      return one ? { share: Math.max(0, Math.min(1, one.value / shares)), text: one.text } : null;
    },
    isBad: isBadNode,
  };
}

/** A node for the ear: name, kind, shape, share of zeros. */
export function nodeSpoken(node: GraphNode): string {
  const parts = [node.label, nodeName(node), shape(node.out)];
  const last = rowsOf(node).pop();
  if (last) parts.push(say('graph.zeroShare', { share: percent(last.zero, 0) }));
  if (isBadNode(node)) parts.push(node.problem ?? say('badge.nan'));
  return parts.join(', ');
}
