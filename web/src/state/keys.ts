// Keys of the explore page, in one table: what a key does and the text that tells so. Letters are never taken while
// something is typed, and can be turned off.
import { signal } from '@preact/signals';
import type { Key } from '../text/table';
import {
  chooseChannel, copyLink, edgeOfGroup, explainAnswer, nextFold, nextPalette, nextScale, nextSort, redoChange, setChanges,
  stepImage, stepLayer, toggleChannel, undoChange,
} from './actions';
import { focusSearch, helpOpen, openHelp } from './dialogs';
import { keep, kept } from './kept';
import { keyName } from './key_name';
import { change, view } from './store';
import { nextTheme } from './theme';

/** Single letters may disturb those who speak to their computer. */
export const lettersOn = signal(kept('letters') !== 'off');
export function setLetters(on: boolean): void {
  lettersOn.value = on;
  keep('letters', on ? 'on' : 'off');
}

export interface KeyRow {
  keys: string[];
  text: Key;
  act(event: KeyboardEvent): void;
}

function focusPane(id: string): void {
  dispatchEvent(new CustomEvent('fovea-pane', { detail: id }));
  const pane = document.getElementById(id);
  const inside = pane?.querySelector<HTMLElement>('[role=tree] [tabindex="0"], [role=grid] [tabindex="0"], [role=radio][tabindex="0"], .answer-button');
  (inside ?? pane)?.focus();
}
function zoom(what: 'in' | 'out' | 'fit'): void {
  dispatchEvent(new CustomEvent('fovea-zoom', { detail: what }));
}

export const keyRows: readonly KeyRow[] = [
  { keys: ['/', 'Ctrl+k'], text: 'key.search', act: focusSearch },
  { keys: ['['], text: 'key.layerBefore', act: () => stepLayer(-1) },
  { keys: [']'], text: 'key.layerNext', act: () => stepLayer(1) },
  { keys: ['Alt+ArrowUp'], text: 'key.groupFirst', act: () => edgeOfGroup(false) },
  { keys: ['Alt+ArrowDown'], text: 'key.groupLast', act: () => edgeOfGroup(true) },
  { keys: [','], text: 'key.imageBefore', act: () => stepImage(-1) },
  { keys: ['.'], text: 'key.imageNext', act: () => stepImage(1) },
  { keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], text: 'key.answer', act: (event) => explainAnswer(Number(event.key)) },
  { keys: [' '], text: 'key.off', act: () => ofChannel((channel) => toggleChannel(channel)) },
  { keys: ['Shift+ '], text: 'key.mean', act: () => ofChannel((channel) => toggleChannel(channel, 'mean')) },
  { keys: ['Ctrl+z'], text: 'key.undo', act: undoChange },
  { keys: ['Ctrl+Shift+Z', 'Ctrl+y'], text: 'key.redo', act: redoChange },
  { keys: ['Backspace'], text: 'key.clear', act: () => view.peek().changes.length > 0 && setChanges([]) },
  { keys: ['Escape'], text: 'key.back', act: () => view.peek().channel !== null && chooseChannel(null) },
  { keys: ['w'], text: 'key.why', act: () => change({ tab: view.peek().tab === 'why' ? 'maps' : 'why' }, true) },
  { keys: ['h'], text: 'key.heat', act: () => change({ heat: view.peek().heat ? '' : 'auto', photo: 'photo' }) },
  { keys: ['r'], text: 'key.field', act: () => change({ field: !view.peek().field }) },
  { keys: ['s'], text: 'key.sort', act: nextSort },
  { keys: ['c'], text: 'key.scale', act: nextScale },
  { keys: ['p'], text: 'key.palette', act: nextPalette },
  { keys: ['d'], text: 'key.hide', act: () => change({ hideSilent: !view.peek().hideSilent }) },
  { keys: ['+', '='], text: 'key.zoomIn', act: () => zoom('in') },
  { keys: ['-'], text: 'key.zoomOut', act: () => zoom('out') },
  { keys: ['0'], text: 'key.fit', act: () => zoom('fit') },
  { keys: ['f'], text: 'key.fold', act: nextFold },
  { keys: ['g'], text: 'key.graph', act: () => focusPane('graph') },
  { keys: ['m'], text: 'key.maps', act: () => focusPane('maps') },
  { keys: ['i'], text: 'key.images', act: () => focusPane('folder') },
  { keys: ['a'], text: 'key.answers', act: () => focusPane('answer') },
  { keys: ['e'], text: 'key.export', act: openExport },
  { keys: ['l'], text: 'key.link', act: () => void copyLink() },
  { keys: ['t'], text: 'key.theme', act: nextTheme },
  { keys: ['?'], text: 'key.help', act: openHelp },
];

function ofChannel(act: (channel: number) => void): void {
  const { channel } = view.peek();
  if (channel !== null) act(channel);
}

function openExport(): void {
  const list = document.getElementById('export');
  if (!(list instanceof HTMLDetailsElement)) return;
  list.open = !list.open;
  if (list.open) list.querySelector<HTMLElement>('a')?.focus();
}

const always = new Set(['Escape', ' ', 'Shift+ ', 'Backspace', '?', '/']);

export function startKeys(): void {
  const byKey = new Map(keyRows.flatMap((row) => row.keys.map((key) => [key, row] as const)));
  addEventListener('keydown', (event) => {
    const target = event.target;
    if (event.defaultPrevented || helpOpen.peek() || view.peek().page !== 'x') {
      if (event.key === '?' && !typing(target)) openHelp();
      return;
    }
    const name = keyName(event);
    const row = byKey.get(name);
    if (!row || (typing(target) && name !== 'Ctrl+k')) return;
    // A button takes the space bar for itself.
    if ((name === ' ' || name === 'Shift+ ') && target instanceof HTMLElement && target.closest('button, a, summary, [role=tab]')) return;
    if (!lettersOn.peek() && !always.has(name) && !name.includes('+')) return;
    event.preventDefault();
    row.act(event);
  });
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input:not([type=checkbox]):not([type=range]):not([type=file]), textarea, select') !== null;
}
