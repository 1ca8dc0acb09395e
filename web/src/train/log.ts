// The watched training: its columns from the server, kept up to date by the stream of events.
import { effect, signal } from '@preact/signals';
import { getJson, part } from '../api/client';
import { connected, listen } from '../api/events';
import { resource } from '../state/resource';
import { view } from '../state/store';
import { addRow, type Columns } from './rows';

export interface Run {
  t: string;
  log: string;
  steps: number;
  epochs: number;
  bad_lines: number;
  last: Record<string, number | null>;
  epoch: Record<string, number | null>;
}

export interface Training {
  run: Run | null;
  steps: Columns;
  epochs: Columns;
}

/** When the newest event came, in the browser's milliseconds; null: none since the page was opened. */
export const lastEvent = signal<number | null>(null);

export const training = resource<Training>(
  () => (view.value.page === 'train' ? '/train' : null),
  async (key, abort) => {
    const run = (await getJson<{ runs: Run[] }>(key, abort)).runs[0] ?? null;
    if (!run) return { run, steps: {}, epochs: {} };
    const series = await getJson<{ cols: Columns; epoch_cols: Columns }>(`${key}/${part(run.t)}/series?points=2000`, abort);
    return { run, steps: series.cols, epochs: series.epoch_cols };
  },
);

/** What is on the screen: the series as it was fetched, and what came since. */
export const shown = signal<Training | null>(null);
effect(() => {
  if (training.at.value.value) shown.value = training.at.value.value;
});

/** More rows than a screen has columns are fetched anew, put together by the server. */
const mostRows = 8000;

function take(kind: 'steps' | 'epochs', data: Record<string, unknown>): void {
  lastEvent.value = Date.now();
  const value = shown.peek();
  if (!value?.run || value.run.t !== data['t'] || (value.steps['step']?.length ?? 0) > mostRows) return training.again();
  const axis = kind === 'steps' ? 'step' : 'epoch';
  const number = data[axis];
  const before = value[kind][axis]?.at(-1);
  if (typeof number === 'number' && typeof before === 'number' && number <= before) return; // came with the series already
  const row = Object.fromEntries(Object.entries(data).filter((entry): entry is [string, number | null] => typeof entry[1] === 'number' || entry[1] === null));
  const run = { ...value.run, ...(kind === 'steps' ? { last: row } : { epoch: row }) };
  shown.value = { ...value, run, [kind]: addRow(value[kind], row) };
}

listen('train.step', (data) => take('steps', data));
listen('train.epoch', (data) => take('epochs', data));
for (const event of ['train.state', 'train.end', 'reset']) listen(event, () => training.again());

// Events that were missed while the connection was lost are in the log.
let wasLost = false;
effect(() => {
  if (connected.value === 'lost') wasLost = true;
  else if (connected.value === 'open' && wasLost) {
    wasLost = false;
    training.again();
  }
});
