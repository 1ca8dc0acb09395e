// What colours the cards of the graph: the family of the layer, or one number of every layer as a bar.
import { computed } from '@preact/signals';
import type { GraphLook } from '../draw/graph';
import type { GraphNode, LayerRow } from '../api/types';
import { bytes, milliseconds, percent, shape, short } from '../state/numbers';
import { graph, rowsByLayer, view } from '../state/store';
import { colour, themeDrawn, typeFace } from '../state/theme';
import { say, sayIfKnown } from '../text/say';

const families = new Set(['input', 'convolution', 'dense', 'pooling', 'normalization', 'activation', 'merge', 'dropout', 'shape', 'block']);

/** The kind in words: "convolution 3x3 s1 same". */
export function nodeName(node: GraphNode): string {
  const word = sayIfKnown(`family.${node.kind}`) ?? node.class;
  return node.k && node.k !== node.class ? `${word} · ${node.k}` : word;
}

const colourBy = computed(() => view.value.colour);

/** The number that colours a node, or null when it has none. */
function measured(node: GraphNode): { value: number; text: string } | null {
  const by = colourBy.value;
  if (by === 'kind') return null;
  if (by === 'parameters') return { value: node.params, text: short(node.params) };
  if (by === 'trainable') {
    const trains = node.params > 0 && !node.frozen;
    return { value: trains ? 1 : 0, text: node.params === 0 ? '–' : say(trains ? 'facts.trainable' : 'facts.frozen') };
  }
  const own = rowsOf(node);
  const last = own[own.length - 1];
  if (!last) return null;
  if (by === 'zero') return { value: last.zero ?? 0, text: say('graph.zeroShare', { share: percent(last.zero, 0) }) };
  if (by === 'memory') {
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
  return node.flaw !== undefined || rowsOf(node).some((row) => row.bad > 0);
}

/** How the graph looks now; the same object until colours, measures or the graph change. */
export function graphLook(): GraphLook {
  return look.value;
}

const look = computed<GraphLook>(() => {
  themeDrawn.value;
  const kinds = new Map<string, string>();
  const nodes = graph.at.value.value?.nodes ?? [];
  const values = new Map(nodes.map((node) => [node.id, measured(node)]));
  const largest = Math.max(1e-30, ...[...values.values()].map((one) => one?.value ?? 0));
  const shares = colourBy.value === 'zero' ? 1 : largest;
  const family = (node: GraphNode): string => {
    const own = kinds.get(node.kind) ?? colour(families.has(node.kind) ? `--family-${node.kind}` : '--family-other');
    kinds.set(node.kind, own);
    return own;
  };
  return {
    card: colour('--raised'),
    line: colour('--line-strong'),
    edge: colour('--edge'),
    text: colour('--text'),
    muted: colour('--muted'),
    accent: colour('--accent'),
    group: colour('--group'),
    danger: colour('--danger'),
    font: typeFace(),
    kind: family,
    measure(node) {
      const one = values.get(node.id);
      return one ? { share: Math.max(0, Math.min(1, one.value / shares)), text: one.text } : null;
    },
    isBad: isBadNode,
  };
});

/** A node for the ear: name, kind, shape, share of zeros. */
export function nodeSpoken(node: GraphNode): string {
  const parts = [node.id, nodeName(node), shape(node.out), node.reason ?? ''].filter((part) => part !== '');
  const last = rowsOf(node).pop();
  if (last) parts.push(say('graph.zeroShare', { share: percent(last.zero, 0) }));
  if (rowsOf(node).some((row) => row.bad > 0)) parts.push(say('badge.nan'));
  return parts.join(', ');
}
