// Numbers as text: few digits, always the same width of thought.

/** Four significant digits; very large and very small ones with a power of ten. */
export function number(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return '–';
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(Math.max(digits - 2, 0)).replace('-', '−').replace('e+', 'e').replace('e-', 'e−');
  const places = Math.max(0, Math.min(6, digits - 1 - Math.floor(Math.log10(size))));
  return value.toFixed(places).replace('-', '−');
}

/** The same without zeros at its end: 30, 0.5. */
export function plain(value: number | null | undefined, digits = 4): string {
  const text = number(value, digits);
  return /^[−\d]*\.\d*$/.test(text) ? text.replace(/\.?0+$/, '') : text;
}

/** With its sign in front. */
export function signed(value: number | null | undefined, digits = 3): string {
  const text = number(value, digits);
  return value !== null && value !== undefined && value > 0 ? '+' + text : text;
}

export function percent(share: number | null | undefined, places = 1): string {
  if (share === null || share === undefined || Number.isNaN(share)) return '–';
  const value = share * 100;
  if (value > 0 && value < 0.05) return '<0.1 %';
  return `${value.toFixed(value >= 99.95 || value === 0 ? 0 : places)} %`;
}

/** 138 357 544: groups of three, apart by a thin space. */
export function whole(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

/** 15.47 G, 138.4 M. */
export function short(value: number): string {
  for (const [size, unit] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']] as const) {
    if (value >= size) return `${(value / size).toPrecision(value / size >= 100 ? 3 : value / size >= 10 ? 3 : 2)} ${unit}`;
  }
  return String(value);
}

export function bytes(value: number): string {
  for (const [size, unit] of [[2 ** 30, 'GB'], [2 ** 20, 'MB'], [2 ** 10, 'KB']] as const) {
    if (value >= size) return `${(value / size).toFixed(value / size >= 10 ? 0 : 1)} ${unit}`;
  }
  return `${value} B`;
}

export function milliseconds(nanoseconds: number): string {
  const value = nanoseconds / 1e6;
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
  if (value >= 100) return `${value.toFixed(0)} ms`;
  if (value >= 1) return `${value.toFixed(1)} ms`;
  return `${(value * 1000).toFixed(0)} µs`;
}

/** "14×14×512" for [14, 14, 512]. */
export function shape(extents: readonly number[]): string {
  return extents.join('×');
}
