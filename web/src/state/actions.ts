// What the reader does: each is one function, called by a key, a button or a menu alike.
import { signal } from '@preact/signals';
import { postFile, problemOf } from '../api/client';
import type { ImageEntry, Problem } from '../api/types';
import { say } from '../text/say';
import { withChanges } from './changes';
import { emptyHistory, record, redo, undo, type History } from './history';
import { change, flushAddress, folder, graph, images, layerId, maps, node, outputOf, pictures, top, view } from './store';
import { folds, palettes, scales, sorts, type Change } from './view';

/** Spoken by the live region. */
export const spoken = signal('');
let spokenLater: ReturnType<typeof setTimeout> | undefined;

export function speak(text: string): void {
  clearTimeout(spokenLater);
  spokenLater = setTimeout(() => (spoken.value = text), 400);
}

export function chooseLayer(id: string): void {
  if (id === layerId.peek() && view.peek().layer) return;
  const { tab } = view.peek();
  change({ layer: id, channel: null, place: null, tab: tab === 'kernels' ? 'maps' : tab }, true);
}

/** The next node in computing order, or the one before. */
export function stepLayer(by: 1 | -1): void {
  const nodes = graph.at.peek().value?.nodes ?? [];
  const now = nodes.findIndex((one) => one.id === node.peek()?.id);
  const next = nodes[now + by];
  if (next) chooseLayer(outputOf(next));
}

/** First or last node of the group the chosen one is in. */
export function edgeOfGroup(last: boolean): void {
  const nodes = graph.at.peek().value?.nodes ?? [];
  const group = node.peek()?.group;
  const members = nodes.filter((one) => one.group === group);
  const next = last ? members[members.length - 1] : members[0];
  if (next) chooseLayer(outputOf(next));
}

export function chooseImage(id: string, input = 0): void {
  const next = [...images.peek()];
  next[input] = id;
  change({ images: next, place: null }, true);
}

export function stepImage(by: 1 | -1): void {
  const list = pictures.peek();
  const now = list.findIndex((one) => one.id === images.peek()[0]);
  const next = list[now + by] ?? (by === 1 ? list[0] : list[list.length - 1]);
  if (next) chooseImage(next.id);
}

export function chooseChannel(channel: number | null, place: [number, number] | null = null): void {
  change({ channel, place }, view.peek().channel === null || channel === null);
}

// ---- Switching channels off

const changeHistory = signal<History<Change[]>>(emptyHistory());
export const canUndo = (): boolean => changeHistory.value.past.length > 0;
export const canRedo = (): boolean => changeHistory.value.future.length > 0;

export function setChanges(changes: Change[]): void {
  changeHistory.value = record(changeHistory.peek(), view.peek().changes);
  change({ changes }, true);
}

export function toggleChannel(channel: number, how: Change['how'] = 'zero'): void {
  toggleChannels([channel], how);
}

export function toggleChannels(channels: readonly number[], how: Change['how'] = 'zero'): void {
  setChanges(withChanges(view.peek().changes, layerId.peek(), channels, how));
}

/** Channels of the chosen layer that are taken together: by dragging over tiles, or with Shift and the arrow keys. */
export const selection = signal<readonly number[]>([]);

export function undoChange(): void {
  const step = undo(changeHistory.peek(), view.peek().changes);
  if (!step) return;
  changeHistory.value = step[0];
  change({ changes: step[1] }, true);
}

export function redoChange(): void {
  const step = redo(changeHistory.peek(), view.peek().changes);
  if (!step) return;
  changeHistory.value = step[0];
  change({ changes: step[1] }, true);
}

// ---- Choices that go round

function after<Choice>(choices: readonly Choice[], now: Choice): Choice {
  return choices[(choices.indexOf(now) + 1) % choices.length] ?? now;
}
export const nextSort = (): void => change({ sort: after(sorts, view.peek().sort) });
export const nextPalette = (): void => change({ palette: after(palettes, view.peek().palette) });
export const nextFold = (): void => change({ fold: after(folds, view.peek().fold), camera: null });
export function nextScale(): void {
  setScale(after(scales, view.peek().scale));
}

/** A fixed scale begins as the layer's own range. */
export function setScale(scale: (typeof scales)[number]): void {
  const block = maps.at.peek().value;
  const { low, high } = view.peek();
  if (scale === 'fixed' && low === 0 && high === 1 && block) change({ scale, low: block.minimum, high: block.maximum });
  else change({ scale });
}

/** Takes the k-th answer, from 1, as the class that is explained. */
export function explainAnswer(k: number): void {
  const answer = top.at.peek().value?.top[k - 1];
  if (!answer) return;
  change({ target: answer.c, tab: 'why' });
}

// ---- Pictures from outside

export interface Upload {
  name: string;
  problem: Problem | null;
}
export const uploads = signal<Upload[]>([]);

export async function addFiles(files: Iterable<File>, input = 0): Promise<void> {
  let last: ImageEntry | null = null;
  const failed: Upload[] = [];
  for (const file of files) {
    uploads.value = [{ name: file.name, problem: null }];
    try {
      last = await postFile<ImageEntry>('/images', file, file.name || 'pasted');
    } catch (reason) {
      failed.push({ name: file.name, problem: problemOf(reason) });
    }
  }
  uploads.value = failed;
  if (failed[0]) speak(say('folder.failed', { name: failed[0].name }));
  if (!last) return;
  folder.again();
  chooseImage(last.id, input);
}

// ---- Links

export const copied = signal(false);
export async function copyLink(): Promise<void> {
  flushAddress();
  await navigator.clipboard.writeText(location.href);
  copied.value = true;
  speak(say('status.copied'));
  setTimeout(() => (copied.value = false), 1500);
}
