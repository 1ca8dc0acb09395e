// Channels switched off or scaled, as a list without repetition: layers in the order they were touched, channels rising.
import type { Change } from './view';

export function changeOf(changes: readonly Change[], layer: string, channel: number): Change['how'] | null {
  return changes.find((change) => change.layer === layer && change.channels.includes(channel))?.how ?? null;
}

/** Puts a channel of a layer under `how`; null: lets it be as the network has it. */
export function withChange(changes: readonly Change[], layer: string, channel: number, how: Change['how'] | null): Change[] {
  const next: Change[] = [];
  for (const change of changes) {
    const channels = change.layer === layer ? change.channels.filter((other) => other !== channel) : change.channels;
    if (channels.length > 0) next.push({ ...change, channels });
  }
  if (how === null) return next;
  const same = next.find((change) => change.layer === layer && change.how === how);
  if (same) same.channels = [...same.channels, channel].sort((left, right) => left - right);
  else next.push({ layer, channels: [channel], how });
  return next;
}

/** Several channels at once: all under `how`, or, where they all are already, as the network has them. */
export function withChanges(changes: readonly Change[], layer: string, channels: readonly number[], how: Change['how']): Change[] {
  const isUndone = channels.every((channel) => changeOf(changes, layer, channel) === how);
  return channels.reduce<Change[]>((made, channel) => withChange(made, layer, channel, isUndone ? null : how), [...changes]);
}

export function countChanges(changes: readonly Change[]): number {
  return changes.reduce((sum, change) => sum + change.channels.length, 0);
}

/** The body of POST /overlays. */
export function overlayBody(changes: readonly Change[]): { ops: Record<string, unknown>[] } {
  return {
    ops: changes.map((change) =>
      typeof change.how === 'number'
        ? { op: 'scale', layer: change.layer, channels: change.channels, by: change.how }
        : { op: 'ablate', layer: change.layer, channels: change.channels, with: change.how },
    ),
  };
}
