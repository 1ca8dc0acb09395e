// Where the time and the memory go: one row for each layer, measured on this computer, sortable, to be saved as a table.
import { signal } from '@preact/signals';
import { Failure, getJson, part, postJson, problemOf, problemOfState } from '../api/client';
import type { Job, Problem, Profile, ProfileRow } from '../api/types';
import { Button, Empty, ProblemNote } from '../parts/controls';
import { bytes, milliseconds, percent, shape, short, whole } from '../state/numbers';
import { keep, kept } from '../state/kept';
import { resource } from '../state/resource';
import { change, modelId, view } from '../state/store';
import { say } from '../text/say';

const path = (): string => `/models/${part(modelId.value)}/profile`;

/** Models that were measured from this browser: only of those is a measurement asked for unasked. */
const measured = signal(kept('measured') ?? '');

/** The measurement there is; null when the server has none any more. */
const profile = resource<Profile | null>(
  () => (view.value.page === 'profile' && modelId.value && measured.value.includes(modelId.value) ? path() : null),
  async (key, abort) => {
    try {
      return await getJson<Profile>(key, abort);
    } catch (reason) {
      if (reason instanceof Failure && reason.problem.status === 404) return null;
      throw reason;
    }
  },
);

const progress = signal<Job | null>(null);
const failure = signal<Problem | null>(null);
const columns = ['order', 'ns', 'share', 'macs', 'speed', 'params', 'bytes'] as const;
const sortBy = signal<(typeof columns)[number]>('order');

async function measure(): Promise<void> {
  failure.value = null;
  try {
    let job = await postJson<Job>(path(), { repeat: 5, warmup: 1 });
    while (job.state === 'waiting' || job.state === 'running') {
      progress.value = job;
      await new Promise((resolve) => setTimeout(resolve, 200));
      job = await getJson<Job>(`/jobs/${job.job}`);
    }
    failure.value = problemOfState(job);
    if (!measured.peek().includes(modelId.peek())) {
      measured.value = `${measured.peek()} ${modelId.peek()}`.slice(-400);
      keep('measured', measured.peek());
    }
    profile.again();
  } catch (reason) {
    failure.value = problemOf(reason);
  }
  progress.value = null;
}

export function ProfilePage() {
  const loaded = profile.at.value;
  return (
    <div class="text-page wide-page">
      <h1>{say('profile.title')}</h1>
      <p>{say('profile.intro')}</p>
      <div class="tools">
        <Button label={say('profile.measureTitle')} disabled={progress.value !== null} onClick={() => void measure()}>
          {say(loaded.value ? 'profile.again' : 'profile.measure')}
        </Button>
        {progress.value && (
          <span role="status">
            <progress value={progress.value.done} max={progress.value.of} /> {progress.value.done} / {progress.value.of}
          </span>
        )}
        {loaded.value && (
          <a class="button" href={csvAddress(loaded.value)} download="profile.csv">
            {say('profile.csv')}
          </a>
        )}
      </div>
      {failure.value && <ProblemNote problem={failure.value} />}
      {loaded.problem && <ProblemNote problem={loaded.problem} onAgain={profile.again} />}
      {!loaded.value && !loaded.problem && !loaded.busy && <Empty>{say('profile.none')}</Empty>}
      {loaded.value && <ProfileTable value={loaded.value} />}
    </div>
  );
}

const speed = (row: ProfileRow): number => (row.ns > 0 ? (2 * row.macs) / row.ns : 0);

function ProfileTable({ value }: { value: Profile }) {
  const total = value.total_ns || 1;
  const rows = value.rows.map((row, order) => ({ row, order }));
  const key = sortBy.value;
  if (key !== 'order') {
    const of = (row: ProfileRow): number => (key === 'speed' ? speed(row) : key === 'share' ? row.ns : row[key]);
    rows.sort((left, right) => of(right.row) - of(left.row) || left.order - right.order);
  }
  const longest = Math.max(1, ...value.rows.map((row) => row.ns));
  return (
    <>
      <p>
        {say('profile.totals', {
          time: milliseconds(value.total_ns), repeat: value.repeat, threads: value.threads, memory: bytes(value.peak_bytes),
          layers: value.rows.length,
        })}
      </p>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={say('profile.title')}>
        <table class="numbers profile-table">
          <thead>
            <tr>
              <Head column="order" start />
              <th scope="col" class="start">
                {say('profile.kind')}
              </th>
              <th scope="col">{say('profile.shape')}</th>
              <Head column="ns" />
              <Head column="share" />
              <th scope="col" class="wide">
                <span class="unseen">{say('profile.share')}</span>
              </th>
              <Head column="macs" />
              <Head column="speed" />
              <Head column="params" />
              <Head column="bytes" />
            </tr>
          </thead>
          <tbody>
            {rows.map(({ row }) => (
              <tr key={row.layer}>
                <th scope="row">
                  <button type="button" class="link" onClick={() => change({ page: 'x', layer: row.layer, channel: null, place: null }, true)}>
                    {row.layer}
                  </button>
                </th>
                <td class="start" lang="en">
                  {row.kind}
                </td>
                <td>{shape(row.out)}</td>
                <td>{milliseconds(row.ns)}</td>
                <td>{percent(row.ns / total)}</td>
                <td class="term-bar">
                  <span class="unit-fill" style={{ width: `${(row.ns / longest) * 100}%` }} />
                </td>
                <td>{row.macs > 0 ? short(row.macs) : '–'}</td>
                <td>{row.macs > 0 ? speed(row).toFixed(1) : '–'}</td>
                <td>{row.params > 0 ? whole(row.params) : '–'}</td>
                <td>{bytes(row.bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Head({ column, start }: { column: (typeof columns)[number]; start?: boolean }) {
  const sorted = sortBy.value === column;
  return (
    <th scope="col" class={start ? 'start' : ''} aria-sort={sorted ? (column === 'order' ? 'ascending' : 'descending') : 'none'}>
      <button type="button" class="sort-button" onClick={() => (sortBy.value = column)}>
        {say(`profile.${column}`)}
      </button>
    </th>
  );
}

let csvBefore = '';

/** The table as comma-separated values, made here from the numbers on the screen. */
function csvAddress(value: Profile): string {
  if (csvBefore) URL.revokeObjectURL(csvBefore);
  const quote = (text: string): string => `"${text.replace(/"/g, '""')}"`;
  const lines = value.rows.map((row) => [quote(row.layer), quote(row.kind), quote(row.out.join('x')), row.ns, row.macs, row.params, row.bytes].join(','));
  csvBefore = URL.createObjectURL(new Blob([`layer,kind,shape,nanoseconds,multiply_adds,parameters,bytes\n${lines.join('\n')}\n`], { type: 'text/csv' }));
  return csvBefore;
}
