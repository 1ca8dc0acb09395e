// The nodes as a tree, groups and their layers in computing order. It lies invisibly over the canvas: the canvas draws
// its focus, the reader of the screen hears it, and arrow keys walk it.
import type { Signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Graph, GraphNode } from '../api/types';
import { chooseLayer } from '../state/actions';
import { graph, node, outputOf } from '../state/store';
import { say } from '../text/say';
import { nodeSpoken } from './graph_look';

/** Nodes in order, those of one group together where they follow each other. */
export function treeOf(value: Graph): { group: string | null; nodes: GraphNode[] }[] {
  const branches: { group: string | null; nodes: GraphNode[] }[] = [];
  for (const one of value.nodes) {
    const last = branches[branches.length - 1];
    const group = one.group ?? null;
    if (last && last.group === group) last.nodes.push(one);
    else branches.push({ group, nodes: [one] });
  }
  return branches;
}

export function GraphTree({ onMove, focused }: { onMove(by: 1 | -1): void; focused: Signal<string | null> }) {
  const tree = useRef<HTMLUListElement>(null);
  const value = graph.at.value.value;
  const chosen = node.value;
  if (!value) return null;
  const focusChosen = (): void => {
    requestAnimationFrame(() => tree.current?.querySelector<HTMLElement>('[aria-selected=true]')?.focus());
  };
  const keys = (event: KeyboardEvent): void => {
    const steps: Record<string, () => unknown> = {
      ArrowDown: () => onMove(1),
      ArrowRight: () => onMove(1),
      ArrowUp: () => onMove(-1),
      ArrowLeft: () => onMove(-1),
      Home: () => value.nodes[0] && chooseLayer(outputOf(value.nodes[0])),
      End: () => chooseLayer(outputOf(value.nodes[value.nodes.length - 1] as GraphNode)),
    };
    const step = event.altKey || event.ctrlKey ? undefined : steps[event.key];
    if (!step) return;
    event.preventDefault();
    step();
    focusChosen();
  };
  const item = (one: GraphNode, level: number) => (
    <li
      key={one.id}
      role="treeitem"
      aria-level={level}
      aria-selected={one.id === chosen?.id}
      aria-label={nodeSpoken(one)}
      tabIndex={one.id === chosen?.id ? 0 : -1}
      onFocus={() => (focused.value = one.id)}
      onBlur={() => (focused.value = null)}
      onClick={() => chooseLayer(outputOf(one))}
    />
  );
  return (
    <ul class="unseen-tree" role="tree" aria-label={say('graph.tree')} ref={tree} onKeyDown={keys}>
      {treeOf(value).map((branch) =>
        branch.group === null ? (
          branch.nodes.map((one) => item(one, 1))
        ) : (
          <li key={`${branch.group}/${branch.nodes[0]?.id}`} role="treeitem" aria-level={1} aria-expanded={true} aria-label={branch.group} tabIndex={-1}>
            <ul role="group">{branch.nodes.map((one) => item(one, 2))}</ul>
          </li>
        ),
      )}
    </ul>
  );
}
