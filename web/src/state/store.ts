// What is on the screen, as signals: the view (the address), and what is fetched for it. Components read; changes go
// through `change` and the actions in actions.ts.
import { computed, effect, signal } from '@preact/signals';
import { Failure, getJson, getMaps, isAbort, keptMaps, part, postJson, problemOfState, query, setToken } from '../api/client';
import { listen } from '../api/events';
import { identityBits, type FeatureMaps } from '../api/fmap';
import type {
  Channels, Explanation, Folder, Graph, GraphNode, Hello, ImageEntry, Job, Layer, LayerRow, Model, Run, Top, Value,
} from '../api/types';
import { automaticTile } from '../draw/tiles';
import { overlayBody } from './changes';
import { resource, type Wanted } from './resource';
import { readAddress, writeAddress, type View } from './view';

export const view = signal<View>(readAddress(location.hash));

let writeLater: ReturnType<typeof setTimeout> | undefined;

/** Writes the view into the address now. */
export function flushAddress(): void {
  clearTimeout(writeLater);
  const address = writeAddress(view.peek());
  if (address !== writeAddress(readAddress(location.hash))) history.replaceState(null, '', address);
}

/** Changes the view. A `step` is something Back leads away from; adjustments replace the address they are in, a moment
 * later, because browsers take only some a second. */
export function change(next: Partial<View>, step = false): void {
  const value = { ...view.peek(), ...next };
  if (step) flushAddress();
  view.value = value;
  clearTimeout(writeLater);
  if (!step) {
    writeLater = setTimeout(flushAddress, 150);
    return;
  }
  const address = writeAddress(value);
  if (address !== writeAddress(readAddress(location.hash))) history.pushState(null, '', address);
}

addEventListener('hashchange', () => (view.value = readAddress(location.hash)));
addEventListener('popstate', () => (view.value = readAddress(location.hash)));

/** One field of the view: what depends on it is not disturbed by the others. */
function field<Name extends keyof View>(name: Name) {
  return computed(() => view.value[name]);
}
const changesText = computed(() => JSON.stringify(overlayBody(view.value.changes)));

export const hello = resource<Hello>(
  () => '/hello',
  async (key, abort) => {
    const answer = await getJson<Hello>(key, abort);
    setToken(answer.token);
    return answer;
  },
);

const chosenModel = field('model');
/** The model of the address, or the server's own where that one is not loaded. */
export const modelId = computed(() => {
  const server = hello.at.value.value;
  if (!server) return chosenModel.value;
  return server.models.some((one) => one.id === chosenModel.value) ? chosenModel.value : (server.default.model ?? '');
});
export const isOtherModel = computed(() => chosenModel.value !== '' && hello.at.value.value !== null && chosenModel.value !== modelId.value);
export const model = resource<Model>(
  () => (modelId.value && hello.at.value.value ? `/models/${part(modelId.value)}` : null),
  getJson,
);

// A model that is being read comes later; until the stream tells, it is asked for.
effect(() => {
  const server = hello.at.value.value;
  if (!server?.models.some((one) => one.state === 'loading')) return undefined;
  const timer = setTimeout(hello.again, 400);
  return () => clearTimeout(timer);
});

const fold = field('fold');
export const graph = resource<Graph>(
  () => (modelId.value && hello.at.value.value ? `/models/${part(modelId.value)}/graph?fold=${fold.value}&wrap=1` : null),
  getJson,
);

const chosenImages = field('images');
/** One image for each input of the model. */
export const images = computed<string[]>(() => {
  const inputs = model.at.value.value?.inputs.length ?? 1;
  const chosen = chosenImages.value;
  const fallback = hello.at.value.value?.default.image ?? '';
  const all = Array.from({ length: inputs }, (_, index) => chosen[index] ?? chosen[0] ?? fallback);
  return all.every((image) => image !== '') ? all : [];
});

function runBody(changes: string | null): string | null {
  if (!modelId.value || images.value.length === 0 || !model.at.value.value) return null;
  return JSON.stringify({ model: modelId.value, images: images.value, changes });
}

/** Waits for a job; one that fails is a failure here. */
async function finishedJob(job: string, abort?: AbortSignal): Promise<Job> {
  for (;;) {
    const now = await getJson<Job>(`/jobs/${job}`, abort);
    const problem = problemOfState(now);
    if (problem) throw new Failure(problem);
    if (now.state === 'done') return now;
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
}

/** The identity of changes. Means over the folder take a job the first time. */
async function overlayOf(model: string, changes: unknown, abort: AbortSignal): Promise<string> {
  for (;;) {
    const answer = await postJson<{ id?: string; job?: string }>(`/overlays${query({ model })}`, changes, abort);
    if (answer.id) return answer.id;
    await finishedJob(answer.job ?? '', abort);
  }
}

/** A run that is finished: POST is idempotent, so an equal one costs nothing. */
async function finishedRun(key: string, abort: AbortSignal): Promise<Run> {
  const wanted = JSON.parse(key) as { model: string; images: string[]; changes: string | null };
  const body: Record<string, unknown> = { model: wanted.model, images: wanted.images };
  if (wanted.changes) body['overlay'] = await overlayOf(wanted.model, JSON.parse(wanted.changes), abort);
  let run = await postJson<Run>('/runs', body, abort);
  while (run.state === 'waiting' || run.state === 'running') {
    progress.value = run;
    await untilRunChanges(run.run, abort);
    run = await getJson<Run>(`/runs/${run.run}`, abort);
  }
  progress.value = null;
  const problem = problemOfState(run);
  if (problem) throw new Failure(problem);
  return run;
}

/** The run that is being computed, for the progress that is shown. */
export const progress = signal<Run | null>(null);

/** Until the stream tells of the run's end; the stream may be away, so half a second at most. */
function untilRunChanges(run: string, abort: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const ends: (() => void)[] = [];
    const end = (): void => ends.forEach((off) => off());
    const done = (data: Record<string, unknown>): void => {
      if (data['r'] !== run) return;
      end();
      resolve();
    };
    const timer = setTimeout(() => (end(), resolve()), 500);
    ends.push(listen('run.done', done), listen('run.error', done), () => clearTimeout(timer));
    abort.addEventListener('abort', () => (end(), reject(new DOMException('', 'AbortError'))), { once: true });
  });
}

listen('run.layer', (data) => {
  const now = progress.peek();
  if (now && data['r'] === now.run) progress.value = { ...now, done: Number(data['i']), of: Number(data['of']) };
});

/** The run without changes, and the run as it is asked for; the same when nothing is changed. */
export const baseRun = resource<Run>(() => runBody(null), finishedRun);
const changedRun = resource<Run>(
  () => (view.value.changes.length > 0 ? runBody(changesText.value) : null),
  finishedRun,
);
export const run = computed(() => (view.value.changes.length > 0 ? changedRun.at.value : baseRun.at.value));
/** Identity of the run all views belong to; '' until it is there. */
export const runId = computed(() => (run.value.valueKey === run.value.key ? (run.value.value?.run ?? '') : ''));
const baseId = computed(() => baseRun.at.value.value?.run ?? '');

/** An address of the run on the screen; while that is being computed, what is shown is that of the run before. */
function ofRun(address: (run: string) => Wanted): Wanted {
  if (runId.value) return address(runId.value);
  return run.value.busy ? undefined : null;
}

/** Runs again when the server has forgotten this one, or is another that never knew it. */
async function orRunAgain<Answer>(load: () => Promise<Answer>): Promise<Answer> {
  try {
    return await load();
  } catch (reason) {
    const isForgotten = reason instanceof Failure && (reason.problem.status === 410 || reason.problem.status === 404);
    if (!isForgotten || isAbort(reason)) throw reason;
    const body = runBody(view.peek().changes.length > 0 ? changesText.peek() : null);
    if (body) await finishedRun(body, new AbortController().signal);
    return load();
  }
}
const getOfRun = <Answer>(key: string, abort: AbortSignal): Promise<Answer> => orRunAgain(() => getJson<Answer>(key, abort));

export const top = resource<Top>(() => {
  const { top: k, temperature, changes } = view.value;
  const vs = changes.length ? baseId.value : null;
  return ofRun((id) => `/runs/${id}/top${query({ k, t: temperature === 1 ? null : temperature, vs })}`);
}, getOfRun);

/** Names of all classes, asked for once the first answer is there. */
const classes = resource<{ classes: { c: number; name: string | null }[] }>(
  () => (top.at.value.value && model.at.value.value?.labels ? `/models/${part(modelId.value)}/classes?limit=100000` : null),
  getJson,
);
export const classNames = computed(() => new Map(classes.at.value.value?.classes.map((one) => [one.c, one.name])));

/** The class that is explained. */
export const target = computed(() => view.value.target ?? top.at.value.value?.top[0]?.c ?? null);

export const rows = resource<{ layers: LayerRow[] }>(() => ofRun((id) => `/runs/${id}/layers`), getOfRun);
/** What is known of each layer in this run. */
export const rowsByLayer = computed(() => new Map(rows.at.value.value?.layers.map((row) => [row.layer, row])));

/** The layer whose output leaves a card: its last. */
export function outputOf(one: GraphNode): string {
  return one.members[one.members.length - 1] ?? one.layer;
}

const chosenLayer = field('layer');
/** The node of the graph that stands for the chosen layer; without a choice the first convolution. */
export const node = computed<GraphNode | null>(() => {
  const nodes = graph.at.value.value?.nodes ?? [];
  const layer = chosenLayer.value;
  if (layer) return nodes.find((one) => one.id === layer) ?? nodes.find((one) => one.members.includes(layer)) ?? null;
  return nodes.find((one) => one.kind === 'convolution') ?? nodes[1] ?? nodes[0] ?? null;
});
/** The chosen layer could not be made: it has a reason and nothing else. */
export const isMissing = computed(() => node.value?.kind === 'missing');
export const layerId = computed(() => chosenLayer.value || (node.value ? outputOf(node.value) : ''));

/** All that is known of every layer without running it, asked for once. */
export const layers = resource<{ layers: Layer[] }>(
  () => (modelId.value && hello.at.value.value ? `/models/${part(modelId.value)}/layers` : null),
  getJson,
);
export const layer = computed<Layer | null>(() => layers.at.value.value?.layers.find((one) => one.name === layerId.value) ?? null);

/** The layer of the chosen card that has kernels: the convolution in front of its normalization and activation. */
export const kernelLayer = computed<Layer | null>(() => {
  const all = layers.at.value.value?.layers ?? [];
  const hasKernels = (one: Layer): boolean => one.weights.some((weight) => weight.shape.length >= 3);
  if (layer.value && hasKernels(layer.value)) return layer.value;
  const members = node.value?.members ?? [];
  return members.length <= 4 ? (all.find((one) => members.includes(one.name) && hasKernels(one)) ?? null) : null;
});

/** Room for tiles, from the window's size: known before the first tile is there. */
export const tilesRoom = signal({ width: 700, height: 500 });
const chosenTile = field('tile');
export const tileSize = computed(() => {
  if (chosenTile.value > 0) return chosenTile.value;
  const shape = layer.value?.shape ?? node.value?.out ?? [1, 1, 1];
  const { width, height } = tilesRoom.value;
  return automaticTile(shape[shape.length - 1] ?? 1, width, height, shape[0] ?? 1, shape.length > 2 ? (shape[1] ?? 1) : 1);
});

/** Side of the planes that are fetched: few sizes, so that another tile size seldom asks again. */
const fit = computed(() => (tileSize.value <= 64 ? 64 : tileSize.value <= 128 ? 128 : 256));
export function mapsAddress(run: string, layer: string): string {
  return `/runs/${run}/maps/${part(layer)}?fit=${fit.value}&dtype=u8&range=channel`;
}
export const maps = resource<FeatureMaps>(
  () => ofRun((id) => (layerId.value && !isMissing.value ? mapsAddress(id, layerId.value) : null)),
  async (key, abort) => {
    const block = await orRunAgain(() => getMaps(key, abort));
    const identity = identityBits(runId.peek());
    if (identity !== null && block.run !== identity) throw new Error('these maps belong to another run');
    return block;
  },
  keptMaps,
);

const chosenChannel = field('channel');
/** The chosen channel at its full size. */
export const plane = resource<FeatureMaps>(
  () => {
    const channel = chosenChannel.value;
    if (channel === null || !layerId.value) return null;
    return ofRun((id) => `/runs/${id}/maps/${part(layerId.value)}?fit=0&dtype=f32&ch=${channel}-${channel}`);
  },
  (key, abort) => orRunAgain(() => getMaps(key, abort)),
  keptMaps,
);

const place = field('place');
export const value = resource<Value>(() => {
  const channel = chosenChannel.value;
  const at = place.value;
  if (channel === null || !at || !layerId.value) return null;
  return ofRun((id) => `/runs/${id}/value/${part(layerId.value)}?c=${channel}&y=${at[0]}&x=${at[1]}&terms=1`);
}, getOfRun);

/** Contributions are asked for where they are looked at: the sort, the Why tab. */
export const channels = resource<Channels>(() => {
  const { sort, tab, against } = view.value;
  if ((sort !== 'contribution' && tab !== 'why') || !layerId.value || target.value === null) return null;
  if (!hello.at.value.value?.can.gradients) return null;
  return ofRun((id) => `/runs/${id}/channels/${part(layerId.value)}${query({ target: target.value, against })}`);
}, getOfRun);

/** The input whose picture is on the screen, of a model with several. */
export const shownInput = signal(0);
export const input = resource<FeatureMaps>(() => {
  const { photo } = view.value;
  const image = images.value[shownInput.value];
  if (photo === 'photo' || !image || !modelId.value) return null;
  return `/images/${part(image)}/input${query({ m: modelId.value, input: shownInput.value, fit: 0, dtype: 'u8', range: 'channel' })}`;
}, getMaps, keptMaps);

export interface Heat {
  layer: string;
  maps: FeatureMaps;
  range: [number, number];
}

/** Asks for an explanation and its picture. */
export async function explain(key: string, abort: AbortSignal): Promise<Heat> {
  const wanted = JSON.parse(key) as { run: string; layer: string; target: number; against: number | null };
  const body: Record<string, unknown> = { method: 'gradcam', target: wanted.target, layer: wanted.layer };
  if (wanted.against !== null) body['against'] = wanted.against;
  const answer = await postJson<Explanation>(`/runs/${wanted.run}/explain`, body, abort);
  const problem = problemOfState(answer);
  if (problem) throw new Failure(problem);
  const address = answer.heat.replace(/^\/api\/v1/, '');
  return { layer: answer.layer, maps: await getMaps(address, abort), range: answer.range };
}

export function heatKey(layer: string): Wanted {
  if (!layer || target.value === null) return null;
  return ofRun((id) => JSON.stringify({ run: id, layer, target: target.value, against: view.value.against }));
}
const chosenHeat = field('heat');
export const heat = resource<Heat>(() => heatKey(chosenHeat.value), explain);

/** The folder that is listed; '' is the one the server was started with. */
export const directory = signal('');
const listed = signal(200);
export const folder = resource<Folder>(
  () => (hello.at.value.value ? `/images${query({ dir: directory.value, limit: listed.value })}` : null),
  getJson,
);
export function moreImages(): void {
  listed.value = Math.min(1000, listed.value + 200);
}
/** The folder's pictures, those added from the page before them, the test picture after them. */
export const pictures = computed<ImageEntry[]>(() => {
  const list = folder.at.value.value;
  return list ? [...list.added, ...list.images, ...list.card] : [];
});
listen('images', () => folder.again());

// A server that came back may be another one: everything that was asked is asked again.
listen('reset', () => hello.again());
listen('models', () => hello.again());
let before = '';
effect(() => {
  const token = hello.at.value.value?.token;
  if (!token || token === before) return;
  const first = before === '';
  before = token;
  if (first) return;
  baseRun.again();
  changedRun.again();
  folder.again();
  graph.again();
  model.again();
});
