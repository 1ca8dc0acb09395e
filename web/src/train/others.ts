// Other trainings, read from their logs on this computer and drawn behind the watched one. Nothing of them is sent.
import { signal } from '@preact/signals';
import { addRow, type Columns } from './rows';

export interface Other {
  name: string;
  steps: Columns;
  epochs: Columns;
}

export const most = 4;
const mostBytes = 64 * 2 ** 20;
export const others = signal<Other[]>([]);

/** The events of a log's text; lines that are none are passed over. Of many steps every n-th is enough to be drawn. */
export function readLog(name: string, text: string): Other {
  const rows = { steps: [] as Record<string, unknown>[], epochs: [] as Record<string, unknown>[] };
  for (const line of text.split('\n')) {
    const kind = line.includes('"train.step"') ? 'steps' : line.includes('"train.epoch"') ? 'epochs' : null;
    if (!kind) continue;
    try {
      rows[kind].push(JSON.parse(line) as Record<string, unknown>);
    } catch {
      continue; // the last line of a log that is being written
    }
  }
  const every = Math.max(1, Math.ceil(rows.steps.length / 1000));
  const columns = (list: Record<string, unknown>[]): Columns => list.reduce<Columns>((made, row) => addRow(made, row), {});
  return { name, steps: columns(rows.steps.filter((_, i) => i % every === 0 || i === rows.steps.length - 1)), epochs: columns(rows.epochs) };
}

export async function addLogs(files: readonly File[]): Promise<void> {
  for (const file of files) {
    if (file.size > mostBytes) continue;
    const read = readLog(file.name, await file.text());
    if (read.steps['step'] || read.epochs['epoch']) others.value = [...others.value.filter((one) => one.name !== file.name), read].slice(-most);
  }
}
