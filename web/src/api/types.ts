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
  boot?: string;
  threads: number;
  simd?: string;
  can: { gradients: boolean; train: boolean; upload: boolean };
  limits: { image_px: number; body: number; activation_bytes: number };
  models: { id: string; name: string; path?: string; state: 'loading' | 'ready' | 'failed' }[];
  default: { model: string | null; image: string | null };
}

export interface InputSpecification {
  name: string;
  shape: number[];
}

export interface Model {
  id: string;
  name: string;
  state?: 'loading' | 'ready' | 'failed';
  problem?: Problem;
  inputs: InputSpecification[];
  outputs: { name: string; shape: number[]; kind: string }[];
  preprocessing?: { text: string };
  classes: number;
  labels: boolean;
  totals: Totals;
  weights?: string;
  warnings: string[];
}

export interface Totals {
  layers: number;
  params: number;
  macs: number;
}

export interface GraphNode {
  id: string;
  kind: string;
  label: string;
  members: string[];
  /** Shape of the output. */
  out: number[];
  params: number;
  macs: number;
  group?: string;
  trainable?: boolean;
  /** The options worth a glance: "3x3 s1 same". */
  k?: string;
  problem?: string;
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
  totals: Totals;
}

/** What every unit of a layer sees of the input: box of unit (y, x) = start + y * stride, size. */
export interface FieldRule {
  size: [number, number];
  stride: [number, number];
  start: [number, number];
  input: [number, number];
}

export interface Layer {
  id: string;
  index: number;
  kind: string;
  name: string;
  inputs: string[];
  outputs?: string[];
  in_shapes: number[][];
  out: number[];
  params: number;
  trainable: boolean;
  macs: number;
  bytes?: number;
  activation?: string;
  options: Record<string, string | number | boolean | null>;
  weights: { name: string; shape: number[] }[];
  field: FieldRule | null;
  kernels?: boolean;
}

export interface ImageEntry {
  id: string;
  name: string;
  width: number;
  height: number;
  bytes?: number;
}

export interface Folder {
  dir: string;
  folders: { name: string; dir: string }[];
  images: ImageEntry[];
  rejects: { name: string; reason: string }[];
  total: number;
  next: string | null;
}

export interface Run {
  run: string;
  state: 'queued' | 'running' | 'done' | 'failed';
  done?: number;
  of?: number;
  ms?: number;
  bytes?: number;
  threads?: number;
  problem?: Problem;
}

export interface Answer {
  c: number;
  name: string | null;
  p: number;
  logit: number | null;
  /** Probability in the run this one is set against. */
  before?: number;
}

export interface Top {
  space: 'softmax' | 'sigmoid' | 'none';
  t: number;
  entropy_bits: number | null;
  margin: number | null;
  top: Answer[];
  classes: number;
  unknown_labels: boolean;
}

export interface LayerRow {
  layer: string;
  min: number;
  max: number;
  mean: number;
  std: number;
  zero: number;
  nan: number;
  dead: number;
  channels: number;
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
  state: 'queued' | 'running' | 'done' | 'failed';
  layer: string;
  heat: string;
  range: [number, number];
  cost_ms?: number;
  problem?: Problem;
}

export interface Job {
  job: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  done: number;
  of: number;
  result?: string;
  problem?: Problem;
}

export interface KernelStatistics {
  filters: {
    c: number;
    norm: number;
    mean: number;
    zero: number;
    bias: number | null;
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
