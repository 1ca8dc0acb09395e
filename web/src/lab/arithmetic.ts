// What the laboratory computes: kernels over images, pooling, one-dimensional convolution, receptive fields, dropout.
// Plain sums in double precision, so that what is on the screen can be followed by hand.

export interface Matrix {
  height: number;
  width: number;
  values: number[];
}

export const at = (matrix: Matrix, y: number, x: number): number => matrix.values[y * matrix.width + x] ?? 0;

export function matrix(height: number, width: number, value: (y: number, x: number) => number): Matrix {
  return { height, width, values: Array.from({ length: height * width }, (_, i) => value(Math.floor(i / width), i % width)) };
}

export function fromRows(rows: readonly (readonly number[])[], divisor = 1): Matrix {
  return { height: rows.length, width: rows[0]?.length ?? 0, values: rows.flat().map((value) => value / divisor) };
}

export const rowsOf = (matrix: Matrix): number[][] =>
  Array.from({ length: matrix.height }, (_, y) => matrix.values.slice(y * matrix.width, (y + 1) * matrix.width));

/** The matrix in the middle of a larger one of zeros. */
export function framed(inner: Matrix, side: number): Matrix {
  const edge = Math.floor((side - inner.height) / 2);
  return matrix(side, side, (y, x) => (y < edge || x < edge || y - edge >= inner.height || x - edge >= inner.width ? 0 : at(inner, y - edge, x - edge)));
}

/** The largest difference between a matrix and rows; NaN where their sizes differ. */
export function furthest(ours: Matrix, rows: readonly (readonly (number | null)[])[]): number {
  const values = rows.flat();
  if (rows.length !== ours.height || values.length !== ours.values.length) return NaN;
  return Math.max(0, ...ours.values.map((value, i) => Math.abs(value - (values[i] ?? NaN))));
}

/** The named kernels, the numbers as they are applied: without a flip, as layers do. */
export const kernels = {
  identity: fromRows([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
  blur: fromRows([[1, 2, 1], [2, 4, 2], [1, 2, 1]], 16),
  mean: fromRows([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 9),
  laplacian: fromRows([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
  'laplacian-8': fromRows([[1, 1, 1], [1, -8, 1], [1, 1, 1]]),
  'left-sobel': fromRows([[1, 0, -1], [2, 0, -2], [1, 0, -1]]),
  'upper-sobel': fromRows([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]),
  sharpen: fromRows([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
  emboss: fromRows([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
} as const;
export type KernelName = keyof typeof kernels;

/** Small gray pictures, 0 to 255. */
export const pictures = {
  disc: (y: number, x: number, n: number): number => (Math.hypot(y - (n - 1) / 2, x - (n - 1) / 2) < n * 0.36 ? 220 : 30),
  edge: (_y: number, x: number, n: number): number => (x < n / 2 ? 40 : 200),
  cross: (y: number, x: number, n: number): number => (Math.abs(y - x) < 1 || y + x === n - 1 ? 230 : 20),
  ramp: (y: number, x: number, n: number): number => Math.round((255 * (x + y)) / (2 * n - 2)),
  point: (y: number, x: number, n: number): number => (y === Math.floor(n / 2) && x === Math.floor(n / 2) ? 255 : 0),
  constant: (): number => 100,
} as const;
export type PictureName = keyof typeof pictures;

export const paddingModes = ['zero', 'edge', 'reflect'] as const;
export type PaddingMode = (typeof paddingModes)[number];

export interface Setting {
  stride: number;
  padding: number;
  mode: PaddingMode;
  dilation: number;
}

/** How many pixels a side of `kernel` elements spans. */
export const spanOf = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;

/** Outputs along one side; none where the kernel is longer than the padded image. */
export function outputSize(size: number, kernel: number, { stride, padding, dilation }: Setting): number {
  const room = size + 2 * padding - spanOf(kernel, dilation);
  return room < 0 ? 0 : Math.floor(room / stride) + 1;
}

/** Scores as shares of one; the largest is taken away first, so that no exponential is beyond what numbers hold. */
export function softmax(scores: readonly number[], temperature: number): number[] {
  const largest = Math.max(...scores);
  const grown = scores.map((score) => Math.exp((score - largest) / temperature));
  const total = grown.reduce((sum, value) => sum + value, 0);
  return grown.map((value) => value / total);
}

/** How undecided shares are, in bits: 0 for one certain answer. */
export const entropyBits = (shares: readonly number[]): number => shares.reduce((sum, share) => sum - (share > 0 ? share * Math.log2(share) : 0), 0);

/** A drawn picture is a text of hexadecimal digits, one a pixel, 17 gray levels apart. */
export const drawnLevels = 16;
export function readDrawing(text: string, side: number): Matrix | null {
  if (text.length !== side * side || !/^[0-9a-f]*$/.test(text)) return null;
  return matrix(side, side, (y, x) => parseInt(text[y * side + x] ?? '0', 16) * 17);
}
export const writeDrawing = (image: Matrix): string =>
  image.values.map((value) => Math.round(Math.min(Math.max(value, 0), 255) / 17).toString(16)).join('');

/** Pixels at the end of a padded side that no window covers, because the stride does not fit. */
export function leftOver(size: number, kernel: number, { stride, padding, dilation }: Setting): number {
  const room = size + 2 * padding - spanOf(kernel, dilation);
  return room < 0 ? size + 2 * padding : room % stride;
}

/** The pixel that stands at `index` outside 0 … size-1; -1 for a zero. */
function paddedFrom(index: number, size: number, mode: PaddingMode): number {
  if (index >= 0 && index < size) return index;
  if (mode === 'zero') return -1;
  if (mode === 'edge') return index < 0 ? 0 : size - 1;
  const mirrored = index < 0 ? -index : 2 * (size - 1) - index;
  return Math.min(Math.max(mirrored, 0), size - 1);
}

export function padded(image: Matrix, padding: number, mode: PaddingMode): Matrix {
  return matrix(image.height + 2 * padding, image.width + 2 * padding, (y, x) => {
    const from = paddedFrom(y - padding, image.height, mode);
    const column = paddedFrom(x - padding, image.width, mode);
    return from < 0 || column < 0 ? 0 : at(image, from, column);
  });
}

/** Turned by half: what a convolution applies and a correlation does not. */
export function flipped(kernel: Matrix): Matrix {
  return { ...kernel, values: [...kernel.values].reverse() };
}

export interface Term {
  pixel: number;
  weight: number;
}

/** The pixels and weights that make output (y, x), row by row; `image` is padded already. */
export function termsAt(image: Matrix, kernel: Matrix, setting: Setting, y: number, x: number): Term[] {
  return kernel.values.map((weight, i) => {
    const row = y * setting.stride + Math.floor(i / kernel.width) * setting.dilation;
    const column = x * setting.stride + (i % kernel.width) * setting.dilation;
    return { pixel: at(image, row, column), weight };
  });
}

export const sumOf = (terms: readonly Term[]): number => terms.reduce((sum, term) => sum + term.pixel * term.weight, 0);

/** The kernel swept over the whole image, without a flip. */
export function correlate(image: Matrix, kernel: Matrix, setting: Setting): Matrix {
  const whole = padded(image, setting.padding, setting.mode);
  return matrix(outputSize(image.height, kernel.height, setting), outputSize(image.width, kernel.width, setting), (y, x) =>
    sumOf(termsAt(whole, kernel, setting, y, x)),
  );
}

export const poolings = ['max', 'average', 'min'] as const;
export type Pooling = (typeof poolings)[number];

/** The places, as [y, x], that the window of output (y, x) looks at. */
export function windowPlaces(window: number, stride: number, y: number, x: number): [number, number][] {
  return Array.from({ length: window * window }, (_, i) => [y * stride + Math.floor(i / window), x * stride + (i % window)]);
}

export function poolOf(values: readonly number[], how: Pooling): number {
  if (how === 'max') return Math.max(...values);
  if (how === 'min') return Math.min(...values);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function pool(image: Matrix, window: number, stride: number, how: Pooling): Matrix {
  const setting: Setting = { stride, padding: 0, mode: 'zero', dilation: 1 };
  return matrix(outputSize(image.height, window, setting), outputSize(image.width, window, setting), (y, x) =>
    poolOf(windowPlaces(window, stride, y, x).map(([row, column]) => at(image, row, column)), how),
  );
}

/** The full one-dimensional answer: one number for every shift at which the two overlap. */
export function convolveLine(signal: readonly number[], kernel: readonly number[], flip: boolean): number[] {
  const applied = flip ? [...kernel].reverse() : kernel;
  return Array.from({ length: signal.length + kernel.length - 1 }, (_, n) =>
    applied.reduce((sum, weight, i) => sum + weight * (signal[n - kernel.length + 1 + i] ?? 0), 0),
  );
}

export interface Block {
  kernel: number;
  stride: number;
}

/** What one value sees of the input after each block, and how far apart neighbouring values look. */
export function fields(blocks: readonly Block[]): { size: number; step: number }[] {
  let size = 1;
  let step = 1;
  return blocks.map(({ kernel, stride }) => {
    size += (kernel - 1) * step;
    step *= stride;
    return { size, step };
  });
}

/** Random numbers of 0 to 1 that a seed fixes (the 32-bit xorshift of G. Marsaglia, 2003), so that a link shows the same mask. */
export function randomNumbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** Which of `count` values stay; each is dropped with probability `rate` by itself. */
export function dropoutMask(count: number, rate: number, seed: number): boolean[] {
  const next = randomNumbers(seed);
  for (let i = 0; i < 8; i++) next();
  return Array.from({ length: count }, () => next() >= rate);
}

/** Values after dropout: in training the kept ones grow by 1 / (1 - rate), so that the mean stays. */
export function dropped(values: readonly number[], rate: number, seed: number, scaled: boolean): number[] {
  const mask = dropoutMask(values.length, rate, seed);
  return values.map((value, i) => (mask[i] ? value / (scaled ? 1 - rate : 1) : 0));
}
