// The middle: the chosen layer, its one sentence, and its tabs: maps, kernels, facts, why.
import { Empty, Menu, ProblemNote, Segments } from '../parts/controls';
import { isSilent } from '../draw/tiles';
import type { Layer } from '../api/types';
import type { FeatureMaps } from '../api/fmap';
import { isVector } from '../state/kinds';
import { chooseLayer } from '../state/actions';
import { number, shape, whole } from '../state/numbers';
import { isStale } from '../state/resource';
import { change, isMissing, kernelLayer, layer, layerId, layers, maps, model, node, progress, run, view } from '../state/store';
import { tabs, type View } from '../state/view';
import { say } from '../text/say';
import { ChannelDock } from './channel_dock';
import { FactsView } from './facts_view';
import { nodeName } from './graph_look';
import { KernelsView } from './kernels_view';
import { MapsView } from './maps_view';
import { VectorView } from './vector_view';
import { WhyView } from './why_view';

export function LayerPane() {
  const { tab } = view.value;
  const problem = layers.at.value.problem;
  const tabsHere = tabs.filter((one) => one === 'maps' || (!isMissing.value && (one !== 'kernels' || kernelLayer.value)));
  const shown = tabsHere.includes(tab) ? tab : 'maps';
  return (
    <section class="pane layer-pane" aria-label={say('layer.title')} id="maps">
      <LayerHead />
      <Tabs shown={shown} choices={tabsHere} />
      <div class="tab-panel" role="tabpanel" id="panel" aria-labelledby={`tab-${shown}`}>
        {problem && <ProblemNote problem={problem} onAgain={layers.again} />}
        <FlawNote />
        {shown === 'maps' && <Maps />}
        {shown === 'kernels' && <KernelsView />}
        {shown === 'facts' && <FactsView />}
        {shown === 'why' && <WhyView />}
      </div>
    </section>
  );
}

/** What the layer lacks of its file, or why it could not be made. */
function FlawNote() {
  const one = node.value;
  if (one && isMissing.value) return <Flaw code={one.flaw ?? ''} detail={one.reason ?? ''} />;
  const members = [layerId.value, ...(node.value?.members ?? [])];
  const flaw = model.at.value.value?.flaws.find((one) => one.kind === null && (one.layer === null || members.includes(one.layer)));
  return flaw ? <Flaw code={flaw.code} detail={flaw.detail} /> : null;
}

function Flaw({ code, detail }: { code: string; detail: string }) {
  return <ProblemNote problem={{ title: code, status: 422, code, detail }} />;
}

function LayerHead() {
  const facts = layer.value;
  const one = node.value;
  return (
    <header class="layer-head">
      <h1 class="clip">{layerId.value || say('layer.none')}</h1>
      {one && <span class="layer-kind">{nodeName(one)}</span>}
      {facts && <span class="layer-shape">{mapsText(facts.shape)}</span>}
      <Members />
      {facts && <p class="sentence">{sentence(facts, kernelLayer.value ?? facts, maps.at.value.value)}</p>}
    </header>
  );
}

/** The layers that the chosen card folds together; each can be looked at. */
function Members() {
  const members = node.value?.members ?? [];
  if (members.length < 2) return null;
  if (members.length > 3) {
    return (
      <Menu
        label={say('layer.members')}
        hideLabel
        value={layerId.value}
        choices={members.map((name) => ({ value: name, text: name }))}
        onChoose={chooseLayer}
      />
    );
  }
  const kinds = members.map((name) => layers.at.value.value?.layers.find((one) => one.name === name)?.kind ?? name);
  return (
    <Segments
      label={say('layer.members')}
      value={layerId.value}
      choices={members.map((name, index) => ({ value: name, text: kinds[index] ?? name, title: name }))}
      onChoose={chooseLayer}
    />
  );
}

/** "512 maps of 14x14", "1 000 numbers". */
function mapsText(out: readonly number[]): string {
  const channels = whole(out[out.length - 1] ?? 1);
  return isVector(out) ? say('layer.numbers', { count: channels }) : say('layer.maps', { count: channels, shape: shape(out.slice(0, -1)) });
}

/** A plain sentence or two about a layer, made of its numbers and of this picture's. `worker` is the layer of the same
 * card that has the weights. */
export function sentence(facts: Layer, worker: Layer, block: FeatureMaps | null): string {
  const parts: string[] = [];
  const kernel = worker.weights.find((weight) => weight.shape.length >= 3);
  const inputs = worker.inputs[0]?.shape;
  const into = inputs?.[inputs.length - 1];
  const out = facts.shape[facts.shape.length - 1] ?? 1;
  if (kernel && into) {
    parts.push(say('sentence.filters', { count: whole(out), size: shape(kernel.shape.slice(0, -2)), inputs: whole(into) }));
  } else if (/dense/i.test(facts.kind) && into) parts.push(say('sentence.dense', { count: whole(out), inputs: whole(into) }));
  else if (facts.parameters > 0) parts.push(say('sentence.params', { count: whole(facts.parameters) }));
  else parts.push(say('sentence.noParams'));
  if (block && block.channels > 1) {
    let silent = 0;
    let best = block.firstChannel;
    for (let channel = block.firstChannel; channel < block.firstChannel + block.channels; channel++) {
      if (isSilent(block.statistics(channel))) silent++;
      if (block.statistics(channel).maximum > block.statistics(best).maximum) best = channel;
    }
    parts.push(silent > 0 ? say('sentence.silent', { count: whole(silent) }) : say('sentence.noneSilent'));
    const strongest = block.statistics(best);
    parts.push(
      isVector(facts.shape)
        ? say('sentence.strongestUnit', { channel: best, value: number(strongest.maximum, 3) })
        : say('sentence.strongest', { channel: best, value: number(strongest.maximum, 3), y: strongest.peak[0], x: strongest.peak[1] }),
    );
  }
  const field = facts.receptive_field;
  if (field.whole) parts.push(say('sentence.wholeField'));
  else if (field.known && field.size[0] > 1) parts.push(say('sentence.field', { height: field.size[0], width: field.size[1] }));
  return parts.join(say('sentence.between'));
}

function Tabs({ shown, choices }: { shown: View['tab']; choices: readonly View['tab'][] }) {
  const keys = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = choices[(choices.indexOf(shown) + step + choices.length) % choices.length];
    if (step === 0 || !next) return;
    event.preventDefault();
    event.stopPropagation();
    change({ tab: next }, true);
    requestAnimationFrame(() => document.getElementById(`tab-${next}`)?.focus());
  };
  return (
    <div class="tabs" role="tablist" aria-label={say('layer.tabs')} onKeyDown={keys}>
      {choices.map((choice) => (
        <button
          key={choice}
          type="button"
          role="tab"
          class="tab"
          id={`tab-${choice}`}
          aria-selected={choice === shown}
          aria-controls="panel"
          tabIndex={choice === shown ? 0 : -1}
          onClick={() => change({ tab: choice }, true)}
        >
          {say(`tab.${choice}`)}
        </button>
      ))}
    </div>
  );
}

function Maps() {
  const loaded = maps.at.value;
  if (isMissing.value) return null;
  if (run.value.problem) return <ProblemNote problem={run.value.problem} />;
  if (loaded.problem) return <ProblemNote problem={loaded.problem} onAgain={maps.again} />;
  if (!loaded.value) {
    const now = progress.value;
    return <Empty>{now?.of ? say('run.progress', { done: now.done ?? 0, of: now.of }) : say(run.value.busy ? 'run.running' : 'maps.loading')}</Empty>;
  }
  const stale = isStale(loaded) || (run.value.busy && isStale(run.value));
  const block = loaded.value;
  const vector = block.fullHeight * block.fullWidth === 1;
  return (
    <>
      {stale && (
        <p class="stale-note" role="status">
          {say(run.value.busy ? 'maps.previousRun' : 'maps.previous')}
        </p>
      )}
      {vector ? <VectorView block={block} stale={stale} /> : <MapsView block={block} stale={stale} />}
      {!vector && view.value.channel !== null && <ChannelDock />}
    </>
  );
}
