// A training run, watched live: its curves, how far it is, what looks wrong, and the same as text and as a table.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Button, Check, ProblemNote, Segments, Slider } from '../parts/controls';
import { plain } from '../state/numbers';
import { say } from '../text/say';
import { change, view } from '../state/store';
import { axes, hasTime, type Axis } from './axis';
import { Chart } from './chart';
import { bestEpoch, warnings } from './facts';
import { addLogs, others } from './others';
import { lastEvent, shown, training, type Run, type Training } from './log';
import type { Columns } from './rows';
import { sayTrain } from './text';

const logarithmic = signal(false);
const now = signal(Date.now());

export function TrainPage() {
  const { problem } = training.at.value;
  const value = shown.value;
  return (
    <div class="text-page wide-page">
      <h1>{say('page.train')}</h1>
      {problem && <ProblemNote problem={problem} onAgain={training.again} />}
      {value && !value.run && <HowToWatch />}
      {value?.run && <Watched value={value} run={value.run} />}
    </div>
  );
}

function HowToWatch() {
  return (
    <>
      <p>{sayTrain('none')}</p>
      <dl class="train-how">
        {(
          [
            ['noneWrite', 'fovea train FOLDER -o model.keras --log-file run.jsonl'],
            ['noneWatch', 'fovea explore --watch run.jsonl'],
            ['noneBoth', 'fovea train FOLDER -o model.keras --explore'],
          ] as const
        ).map(([key, command]) => (
          <div key={key}>
            <dt>{sayTrain(key)}</dt>
            <dd>
              <code>{command}</code>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Watched({ value, run }: { value: Training; run: Run }) {
  const { steps, epochs } = value;
  const found = warnings(steps, epochs);
  const chosen = axes.find((one) => one === view.value.rest['axis']) ?? 'step';
  const axis = chosen === 'time' && !hasTime(epochs) ? 'step' : chosen;
  const smoothing = Math.min(Math.max(Number(view.value.rest['smooth'] ?? 0) || 0, 0), 99) / 100;
  const look = { steps, epochs, others: others.value, axis, smoothing };
  if (run.steps === 0 && !steps['step']?.length) return <p role="status">{sayTrain('waiting', { log: run.log })}</p>;
  return (
    <>
      <State run={run} epochs={epochs} />
      {found.length > 0 && (
        <section aria-label={sayTrain('warnings')}>
          <h2>{sayTrain('warnings')}</h2>
          <ul role="alert">
            {found.map(({ key, values }) => (
              <li key={key} class="stale-note">
                {sayTrain(key, Object.fromEntries(Object.entries(values).map(([name, one]) => [name, plain(one)])))}
              </li>
            ))}
          </ul>
        </section>
      )}
      <ChartTools epochs={epochs} axis={axis} smoothing={smoothing} />
      <div class="train-charts">
        <Chart name="loss" {...look} logarithmic={logarithmic.value} />
        {(steps['accuracy'] || epochs['accuracy']) && <Chart name="accuracy" {...look} />}
        {(steps['learning_rate'] || epochs['learning_rate']) && <Chart name="learning_rate" {...look} smoothing={0} />}
      </div>
      <EpochTable epochs={epochs} />
    </>
  );
}

function ChartTools({ epochs, axis, smoothing }: { epochs: Columns; axis: Axis; smoothing: number }) {
  const chooser = useRef<HTMLInputElement>(null);
  const set = (name: string, value: string): void => change({ rest: { ...view.peek().rest, [name]: value } });
  return (
    <div class="tools">
      <Segments
        label={sayTrain('axis')}
        choices={axes.filter((one) => one !== 'time' || hasTime(epochs)).map((one) => ({ value: one, text: sayTrain(`axis.${one}`) }))}
        value={axis}
        onChoose={(one) => set('axis', one)}
      />
      <Slider label={sayTrain('smooth')} minimum={0} maximum={99} step={1} value={Math.round(smoothing * 100)} shown={plain(smoothing)} onChange={(next) => set('smooth', String(next))} />
      <Check label={sayTrain('logScale')} value={logarithmic.value} onChange={(on) => (logarithmic.value = on)} />
      <Button label={sayTrain('others.title')} onClick={() => chooser.current?.click()}>
        {sayTrain('others')}
      </Button>
      <input
        ref={chooser}
        type="file"
        class="unseen"
        tabIndex={-1}
        aria-hidden="true"
        accept=".jsonl,.json,.log"
        multiple
        onChange={(event) => {
          void addLogs([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
      {others.value.length > 0 && (
        <Button label={sayTrain('others.none')} onClick={() => (others.value = [])}>
          {sayTrain('others.none')}
        </Button>
      )}
    </div>
  );
}

function State({ run, epochs }: { run: Run; epochs: Columns }) {
  useEffect(() => {
    const timer = setInterval(() => (now.value = Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const best = bestEpoch(epochs);
  const left = run.epoch['patience_left'];
  const quiet = lastEvent.value === null ? null : Math.max(0, Math.round((now.value - lastEvent.value) / 1000));
  const rate = run.last['learning_rate'] ?? run.epoch['learning_rate'];
  return (
    <div class="train-state">
      <span class="clip">{sayTrain('log', { log: run.log })}</span>
      <strong>{sayTrain('state', { step: plain(run.last['step'], 9), epoch: plain(run.last['epoch'] ?? run.epoch['epoch'], 9) })}</strong>
      {run.last['sps'] != null && <span>{sayTrain('speed', { speed: plain(run.last['sps'], 3) })}</span>}
      {rate != null && <span>{sayTrain('rate', { rate: plain(rate, 3) })}</span>}
      {best && <span>{sayTrain('best', { value: plain(best.value), epoch: best.epoch })}</span>}
      {left != null && <span>{sayTrain('patience', { left })}</span>}
      {quiet !== null && <span class="quiet">{quiet < 5 ? sayTrain('live') : sayTrain('still', { seconds: quiet })}</span>}
      {run.bad_lines > 0 && <span class="bad">{sayTrain('badLines', { count: run.bad_lines })}</span>}
    </div>
  );
}

function EpochTable({ epochs }: { epochs: Columns }) {
  const names = Object.keys(epochs).filter((name) => name !== 'epoch');
  const rows = epochs['epoch'] ?? [];
  if (!rows.length) return null;
  return (
    <details class="lab-table">
      <summary>{sayTrain('table')}</summary>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={sayTrain('table')}>
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">{sayTrain('epoch')}</th>
              {names.map((name) => (
                <th key={name} scope="col" lang="en">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((epoch, i) => (
              <tr key={i}>
                <th scope="row">{epoch}</th>
                {names.map((name) => (
                  <td key={name}>{plain(epochs[name]?.[i], 4)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
