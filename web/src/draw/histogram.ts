// How values are spread: counts in bars of equal width between the smallest and the largest.

export interface Histogram {
  low: number;
  high: number;
  counts: number[];
  /** Values that are no finite numbers are in no bar. */
  notFinite: number;
}

export function histogramOf(values: ArrayLike<number>, bars = 32): Histogram {
  let low = Infinity;
  let high = -Infinity;
  let notFinite = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? NaN;
    if (!Number.isFinite(value)) notFinite++;
    else {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  const counts = new Array<number>(bars).fill(0);
  if (low > high) return { low: 0, high: 0, counts, notFinite };
  const width = (high - low) / bars || 1;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? NaN;
    if (!Number.isFinite(value)) continue;
    const bar = Math.min(bars - 1, Math.floor((value - low) / width));
    counts[bar] = (counts[bar] ?? 0) + 1;
  }
  return { low, high, counts, notFinite };
}
