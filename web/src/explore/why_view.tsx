// Why this class, and not that one: where in the photo (Grad-CAM at every stage), and which channels of this layer, each
// with the estimate and, once it was tried, what switching it off really did.
import { computed, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { base, getJson, postJson, problemOf, problemOfState } from '../api/client';
import type { ChannelEffect, GraphNode, Job } from '../api/types';
import { Button, Empty, ProblemNote } from '../parts/controls';
import { chooseChannel, toggleChannel } from '../state/actions';
import { changeOf } from '../state/changes';
import { isVector } from '../state/kinds';
import { number, percent, signed } from '../state/numbers';
import { isStale, resource, type Source } from '../state/resource';
import { change, channels, explain, graph, hello, heatKey, images, layerId, outputOf, runId, target, view, type Heat } from '../state/store';
import type { Problem } from '../api/types';
import { say } from '../text/say';
import { ClassPicker } from './answer_card';
import { drawHeat } from './photo_card';

export function WhyView() {
  const { target: chosen, against } = view.value;
  if (hello.at.value.value && !hello.at.value.value.can.gradients) return <Empty>{say('why.noGradients')}</Empty>;
  return (
    <div class="why">
      <div class="tools">
        <ClassPicker label={say('why.class')} value={chosen ?? target.value} onChoose={(c) => change({ target: c })} />
        <ClassPicker label={say('why.against')} value={against} empty={say('why.nothing')} onChoose={(c) => change({ against: c })} />
      </div>
      <h2>{say('why.where')}</h2>
      <p class="quiet">{say('why.whereNote')}</p>
      <Sweep />
      <h2>{say('why.what', { layer: layerId.value })}</h2>
      <p class="quiet">{say('why.whatNote')}</p>
      <Contributions />
    </div>
  );
}

/** The last map-shaped node before each halving of the map: the stages of the network. */
const stages = computed<GraphNode[]>(() => {
  const nodes = (graph.at.value.value?.nodes ?? []).filter((one) => one.out.length === 3 && !isVector(one.out) && one.kind !== 'input');
  const bySize = new Map<string, GraphNode>();
  for (const one of nodes) {
    if (one.kind === 'pooling' || one.kind === 'shape') continue;
    bySize.set(`${one.out[0]}x${one.out[1]}`, one);
  }
  return [...bySize.values()].slice(-6);
});

/** One explanation for each stage, asked for while the tab is open. */
const sweeps = new Map<number, Source<Heat>>();
function sweep(index: number): Source<Heat> {
  const before = sweeps.get(index);
  if (before) return before;
  const made = resource<Heat>(() => {
    const one = stages.value[index];
    return view.value.tab === 'why' && one ? heatKey(outputOf(one)) : null;
  }, explain);
  sweeps.set(index, made);
  return made;
}

function Sweep() {
  return (
    <ul class="sweep">
      {stages.value.map((one, index) => (
        <Stage key={one.id} one={one} source={sweep(index)} />
      ))}
    </ul>
  );
}

function Stage({ one, source }: { one: GraphNode; source: Source<Heat> }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const loaded = source.at.value;
  const layer = outputOf(one);
  const chosen = view.value.heat === layer;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !loaded.value) return;
    context.clearRect(0, 0, 112, 112);
    drawHeat(context, loaded.value.maps, 0.75, 112, 112);
  }, [loaded.value]);
  const image = images.value[0];
  return (
    <li>
      <button type="button" class="stage" aria-pressed={chosen} onClick={() => change({ heat: chosen ? '' : layer, photo: 'photo' })}>
        <span class={isStale(loaded) || loaded.busy ? 'stage-picture stale' : 'stage-picture'}>
          {image && <img src={`${base}/images/${image}/thumb.png?s=112`} alt="" />}
          <canvas ref={canvas} width={112} height={112} />
        </span>
        <span class="stage-name clip" title={layer}>
          {layer}
        </span>
        <span class="quiet">
          {loaded.problem ? loaded.problem.detail : loaded.value ? say('why.peak', { peak: number(loaded.value.range[1], 3) }) : '…'}
        </span>
      </button>
    </li>
  );
}

const measuring = signal<{ done: number; of: number } | null>(null);
const measureProblem = signal<Problem | null>(null);

/** Has the server switch off the next channels one by one; the table is then read again. */
async function measure(list: readonly ChannelEffect[]): Promise<void> {
  measureProblem.value = null;
  measuring.value = { done: 0, of: list.length };
  try {
    const body: Record<string, unknown> = { layer: layerId.peek(), target: target.peek(), channels: list.map((one) => one.c) };
    if (view.peek().against !== null) body['against'] = view.peek().against;
    let job = await postJson<Job>(`/runs/${runId.peek()}/ablate-scan`, body);
    while (job.state === 'waiting' || job.state === 'running') {
      measuring.value = { done: job.done, of: job.of };
      await new Promise((resolve) => setTimeout(resolve, 150));
      job = await getJson<Job>(`/jobs/${job.job}`);
    }
    measureProblem.value = problemOfState(job);
    channels.again();
  } catch (reason) {
    measureProblem.value = problemOf(reason);
  }
  measuring.value = null;
}

function Contributions() {
  const loaded = channels.at.value;
  if (loaded.problem) return <ProblemNote problem={loaded.problem} onAgain={channels.again} />;
  const value = loaded.value;
  if (!value) return <p class="quiet">{say('why.computing')}</p>;
  const sorted = [...value.channels].sort((left, right) => Math.abs(right.est) - Math.abs(left.est));
  const shown = sorted.slice(0, 40);
  const next = sorted.filter((one) => one.measured === null).slice(0, 32);
  const largest = Math.max(1e-30, ...shown.map((one) => Math.max(Math.abs(one.est), Math.abs(one.measured ?? 0))));
  return (
    <div class={isStale(loaded) ? 'stale' : ''}>
      <div class="tools">
        <Button label={say('why.measureTitle')} disabled={measuring.value !== null || next.length === 0} onClick={() => void measure(next)}>
          {say('why.measure', { count: next.length })}
        </Button>
        {measuring.value && (
          <span class="quiet" role="status">
            <progress value={measuring.value.done} max={measuring.value.of} /> {measuring.value.done} / {measuring.value.of}
          </span>
        )}
        <span class="quiet">{say('why.sums', { estimate: signed(value.sum_est), actual: signed(value.actual_difference) })}</span>
      </div>
      {measureProblem.value && <ProblemNote problem={measureProblem.value} />}
      <table class="numbers contributions">
        <thead>
          <tr>
            <th scope="col">{say('why.channel')}</th>
            <th scope="col">{say('why.estimate')}</th>
            <th scope="col" class="wide">
              <span class="unseen">{say('why.estimate')}</span>
            </th>
            <th scope="col">{say('why.measured')}</th>
            <th scope="col" class="wide">
              <span class="unseen">{say('why.measured')}</span>
            </th>
            <th scope="col">{say('why.maximum')}</th>
            <th scope="col">{say('why.zero')}</th>
            <th scope="col">{say('why.switch')}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((one) => (
            <EffectRow key={one.c} one={one} largest={largest} />
          ))}
        </tbody>
      </table>
      {sorted.length > shown.length && <p class="quiet">{say('why.shown', { shown: shown.length, all: sorted.length })}</p>}
    </div>
  );
}

function EffectRow({ one, largest }: { one: ChannelEffect; largest: number }) {
  const off = changeOf(view.value.changes, layerId.value, one.c) !== null;
  return (
    <tr class={view.value.channel === one.c ? 'chosen' : ''}>
      <th scope="row">
        <button type="button" class="link" onClick={() => (chooseChannel(one.c, one.at), change({ tab: 'maps' }))}>
          {one.c}
        </button>
      </th>
      <td>{signed(one.est)}</td>
      <td class="term-bar">
        <Bar value={one.est} largest={largest} />
      </td>
      <td>{one.measured === null ? <span class="quiet">{say('why.notMeasured')}</span> : signed(one.measured)}</td>
      <td class="term-bar">{one.measured !== null && <Bar value={one.measured} largest={largest} />}</td>
      <td>{number(one.max, 3)}</td>
      <td>{percent(one.zero, 0)}</td>
      <td>
        <button type="button" class="button" aria-pressed={off} onClick={() => toggleChannel(one.c)}>
          {say('channel.off')}
        </button>
      </td>
    </tr>
  );
}

function Bar({ value, largest }: { value: number; largest: number }) {
  return <span class={value < 0 ? 'unit-fill negative' : 'unit-fill'} style={{ width: `${(Math.abs(value) / largest) * 100}%` }} />;
}
