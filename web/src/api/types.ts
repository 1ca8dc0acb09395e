// What the server answers, as the page reads it. Shapes are height, width, channels, without the batch.

export interface Problem {
  title: string;
  status: number;
  code: string;
  detail: string;
  hint?: string;
  where?: string;
  retry_after?: number;
}

export interface Hello {
  version: string;
  token: string;
  threads: number;
  simd?: string;
  can: { gradients: boolean; train: boolean; upload: boolean };
  limits: { image_px: number; body: number; activation_bytes: number };
  /** The last one may be on its way still, or have failed; it has no identity then. */
  models: { id: string | null; name: string; path?: string | null; state: 'loading' | 'ready' | 'failed'; detail?: string }[];
  default: { model: string | null; image: string | null };
}

export interface InputSpecification {
  name: string;
  shape: number[];
  picture: boolean;
}

/** How pictures are brought to what the network takes. */
export interface Preprocessing {
  mode: string;
  guessed: boolean;
  size: [number, number];
  resize: string;
  crop: number;
  channels: string;
  scale: number;
  mean: [number, number, number];
  std: [number, number, number];
}

export interface Model {
  id: string;
  name: string;
  inputs: InputSpecification[];
  outputs: { name: string; shape: number[] }[];
  preprocessing: Preprocessing;
  classes: number;
  labels: number;
  totals: { layers: number; parameters: number; trainable: number; multiply_adds: number; activation_bytes: number };
  /** What the model lacks of its file, or has that is no number. `kind`: the layer could not be made; layer null: all. */
  flaws: { layer: string | null; code: string; kind: string | null; detail: string }[];
  warnings: { code: string; detail: string }[];
}

export interface GraphNode {
  id: string;
  /** The family of the layer: "convolution". */
  kind: string;
  /** Its kind: "Conv2D". */
  class: string;
  /** The layer whose output it shows. */
  layer: string;
  members: string[];
  /** Shape of the output. */
  out: number[];
  params: number;
  macs: number;
  group?: string;
  frozen?: boolean;
  /** What is wrong with it in the file, as the code of a problem, and the sentence. Of kind "missing" it could not be made. */
  flaw?: string;
  reason?: string;
  /** The options worth a glance: "3x3 s1 same". */
  k: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface GraphEdge {
  from: string;
  to: string;
  shape: number[];
  pts: [number, number][];
  skip?: boolean;
}

export interface GraphGroup {
  id: string;
  label: string;
  x: number;
  y: number;
  w: number;
  h: number;
  children: number;
}

export interface Graph {
  model: string;
  fold: string;
  w: number;
  h: number;
  layout_us: number;
  nodes: GraphNode[];
  edges: GraphEdge[];
  groups: GraphGroup[];
}

export interface ReceptiveField {
  known: boolean;
  /** All of the input; the rest is 0 then. */
  whole: boolean;
  size: [number, number];
  /** Pixels of the input between neighbours; 0 where numbers do not stand in their places. */
  step: [number, number];
  /** Where the field of the first unit begins, which may be outside; absent where fields are not all alike. */
  start?: [number, number];
}

export interface Layer {
  name: string;
  index: number;
  kind: string;
  help: string | null;
  options: Record<string, string>;
  inputs: { name: string; shape: number[] }[];
  shape: number[];
  calls: number;
  parameters: number;
  /** Of the parameters, how many. */
  trainable: number;
  frozen: boolean;
  multiply_adds: number;
  activation_bytes: number;
  weights: { name: string; shape: number[]; trainable: boolean }[];
  receptive_field: ReceptiveField;
}

export interface ImageEntry {
  id: string;
  /** Path beneath the folder. */
  name: string;
  bytes: number;
}

export interface Folder {
  dir: string;
  folders: { name: string; dir: string }[];
  images: ImageEntry[];
  rejects: { name: string; reason: string }[];
  /** Pictures that were added from the page. */
  added: ImageEntry[];
  /** The test picture that is always there. */
  card: ImageEntry[];
  total: number;
  next: number | null;
}

export interface Run {
  run: string;
  state: 'waiting' | 'running' | 'done' | 'failed';
  done: number;
  of: number;
  ms?: number;
  bytes?: number;
  code?: string;
  detail?: string;
}

export interface Answer {
  c: number;
  name: string | null;
  p: number;
  logit: number | null;
  /** How much more than in the run this one is set against. */
  delta?: number;
}

export interface Top {
  space: 'softmax' | 'sigmoid' | 'plain';
  t: number;
  entropy_bits: number | null;
  margin: number | null;
  top: Answer[];
  classes: number;
  unknown_labels: boolean;
}

export interface LayerRow {
  layer: string;
  shape: number[];
  kept: boolean;
  min: number | null;
  max: number | null;
  mean: number | null;
  std: number | null;
  zero: number | null;
  /** Values that are no finite numbers. */
  bad: number;
  /** Channels that are nothing but zeros. */
  dead?: number;
  ns: number;
  bytes: number;
}

export interface Term {
  ci: number;
  ky: number;
  kx: number;
  x: number;
  w: number;
  xw: number;
}

export interface Value {
  value: number;
  pre_activation: number | null;
  bias: number | null;
  terms_total: number;
  window: { y0: number; x0: number; h: number; w: number; padded: boolean } | null;
  terms: Term[];
  rest?: number;
  sum_check: number;
  /** What is done to the sum; null: nothing. */
  activation?: string | null;
  /** Why there are no terms. */
  reason?: string;
}

export interface ChannelEffect {
  c: number;
  est: number;
  measured: number | null;
  max: number;
  zero: number;
  at: [number, number];
}

export interface Channels {
  target: string;
  method: string;
  exact: boolean;
  channels: ChannelEffect[];
  sum_est: number;
  actual_difference: number;
}

export interface Explanation {
  job?: string;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  layer: string;
  heat: string;
  range: [number, number];
  cost_ms?: number;
  code?: string;
  detail?: string;
}

export interface Job {
  job: string;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  done: number;
  of: number;
  code?: string;
  detail?: string;
}

export interface KernelStatistics {
  filters: {
    c: number;
    norm: number;
    mean: number;
    zero: number;
    bias?: number | null;
    like?: { name: string; score: number };
  }[];
}

export interface ProfileRow {
  layer: string;
  kind: string;
  ns: number;
  macs: number;
  params: number;
  out: number[];
  bytes: number;
  peak_bytes?: number;
}

export interface Profile {
  model: string;
  repeat: number;
  threads: number;
  total_ns: number;
  peak_bytes: number;
  rows: ProfileRow[];
}
