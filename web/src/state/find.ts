// The search: layers by name, kind or shape, conditions on what this picture made of them ("dead>50%", "zero>0.9", "nan",
// "max<0.1", "time>10ms"), and one channel directly ("block5_conv3/137", "#137").
import type { GraphNode, LayerRow } from '../api/types';

export interface Found {
  layer: string;
  channel: number | null;
  text: string;
}

interface Condition {
  measure: (row: LayerRow) => number;
  above: boolean;
  limit: number;
}

const measures: Record<string, (row: LayerRow) => number> = {
  dead: (row) => (row.dead ?? 0) / (row.shape[row.shape.length - 1] || 1),
  zero: (row) => row.zero ?? NaN,
  max: (row) => row.max ?? NaN,
  min: (row) => row.min ?? NaN,
  mean: (row) => row.mean ?? NaN,
  std: (row) => row.std ?? NaN,
  time: (row) => row.ns / 1e6,
  memory: (row) => row.bytes / 2 ** 20,
};

/** "dead>50%" as a condition; null when the text is none. */
export function readCondition(text: string): Condition | null {
  if (/^nan$/i.test(text.trim())) return { measure: (row) => row.bad, above: true, limit: 0 };
  const match = /^\s*([a-z]+)\s*([<>])\s*(-?[\d.]+)\s*(%|ms|mb)?\s*$/i.exec(text);
  const measure = measures[match?.[1]?.toLowerCase() ?? ''];
  if (!match || !measure) return null;
  const limit = Number(match[3]) / (match[4] === '%' ? 100 : 1);
  return Number.isFinite(limit) ? { measure, above: match[2] === '>', limit } : null;
}

/** Layers and channels that a text finds, at most `limit` of them, best first. */
export function find(text: string, nodes: readonly GraphNode[], rows: ReadonlyMap<string, LayerRow>, limit = 50): Found[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const condition = readCondition(wanted);
  if (condition) {
    const found: Found[] = [];
    for (const [layer, row] of rows) {
      const value = condition.measure(row);
      if (condition.above ? value > condition.limit : value < condition.limit) found.push({ layer, channel: null, text: describe(wanted, value) });
    }
    return found.slice(0, limit);
  }
  const direct = /^(.*?)[/#](\d+)$/.exec(wanted);
  const name = direct ? (direct[1] ?? '') : wanted;
  const channel = direct ? Number(direct[2]) : null;
  const scored: { found: Found; score: number }[] = [];
  for (const node of nodes) {
    for (const member of node.members.length > 0 ? node.members : [node.id]) {
      const score = scoreOf(name, member, node);
      if (score > 0) scored.push({ found: { layer: member, channel, text: `${node.class} ${node.out.join('×')}` }, score });
    }
  }
  scored.sort((left, right) => right.score - left.score);
  return scored.slice(0, limit).map((one) => one.found);
}

/** Classes whose names hold a text, those that begin with it first; a number finds the class of that number. */
export function findClasses(text: string, names: ReadonlyMap<number, string | null>, limit: number): { c: number; name: string }[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const first: { c: number; name: string }[] = [];
  const then: { c: number; name: string }[] = [];
  for (const [c, name] of names) {
    if (name === null) continue;
    const place = name.toLowerCase().indexOf(wanted);
    if (place === 0 || String(c) === wanted) first.push({ c, name });
    else if (place > 0) then.push({ c, name });
  }
  return [...first, ...then].slice(0, limit);
}

function scoreOf(wanted: string, member: string, node: GraphNode): number {
  const name = member.toLowerCase();
  if (wanted === '') return 0;
  if (name === wanted) return 4;
  if (name.startsWith(wanted)) return 3;
  if (name.includes(wanted)) return 2;
  const shape = node.out.join('x');
  return node.kind.includes(wanted) || node.class.toLowerCase().includes(wanted) || shape.includes(wanted.replace(/×/g, 'x')) ? 1 : 0;
}

function describe(condition: string, value: number): string {
  if (/^nan/.test(condition)) return `NaN: ${value}`;
  const name = condition.replace(/[<>].*$/, '').trim();
  return /^(dead|zero)/.test(name) ? `${name} ${(value * 100).toFixed(1)} %` : `${name} ${value.toPrecision(4)}`;
}
