// The whole state of what is on the screen, and its form in the address: #/x?m=m_3f&i=i_91&l=block5_conv3&c=137 ...
// A copied address opens the same view elsewhere. What equals its default is left out; what is unknown is kept, so that
// pages with choices of their own (the laboratory) hold them in `rest`.

export const pages = ['x', 'train', 'lab', 'profile', 'help'] as const;
export const tabs = ['maps', 'kernels', 'facts', 'why'] as const;
export const folds = ['module', 'block', 'none'] as const;
export const colours = ['kind', 'zero', 'time', 'memory', 'parameters', 'trainable'] as const;
export const sorts = ['number', 'maximum', 'mean', 'zero', 'norm', 'contribution'] as const;
export const scales = ['layer', 'clip', 'channel', 'fixed'] as const;
export const palettes = ['viridis', 'cividis', 'grey', 'inverted'] as const;
export const photos = ['photo', 'input', 'planes'] as const;

/** Channels of a layer that are switched off (set to zero or to their mean) or multiplied. */
export interface Change {
  layer: string;
  channels: number[];
  how: 'zero' | 'mean' | number;
}

export interface View {
  page: (typeof pages)[number];
  model: string;
  /** One image for each input of the model. */
  images: string[];
  layer: string;
  channel: number | null;
  /** A place in the chosen channel's map, [y, x]. */
  place: [number, number] | null;
  tab: (typeof tabs)[number];
  fold: (typeof folds)[number];
  colour: (typeof colours)[number];
  /** Middle of the graph's window, in its own units, and its magnification; null: all of it. */
  camera: [number, number, number] | null;
  sort: (typeof sorts)[number];
  /** Longer side of a tile in pixels; 0: as large as lets all be seen, within reason. */
  tile: number;
  scale: (typeof scales)[number];
  low: number;
  high: number;
  palette: (typeof palettes)[number];
  hideSilent: boolean;
  top: number;
  temperature: number;
  logits: boolean;
  /** The class that is explained, and the one it is set against; null: the first answer, none. */
  target: number | null;
  against: number | null;
  changes: Change[];
  /** The layer whose Grad-CAM lies over the photo; '' for none, 'auto' for the last convolution. */
  heat: string;
  opacity: number;
  field: boolean;
  photo: (typeof photos)[number];
  rest: Record<string, string>;
}

export const start: View = {
  page: 'x',
  model: '',
  images: [],
  layer: '',
  channel: null,
  place: null,
  tab: 'maps',
  fold: 'block',
  colour: 'kind',
  camera: null,
  sort: 'number',
  tile: 0,
  scale: 'layer',
  low: 0,
  high: 1,
  palette: 'viridis',
  hideSilent: false,
  top: 5,
  temperature: 1,
  logits: false,
  target: null,
  against: null,
  changes: [],
  heat: '',
  opacity: 0.6,
  field: true,
  photo: 'photo',
  rest: {},
};

export const tileMinimum = 16;
export const tileMaximum = 256;

interface Form<Value> {
  read(text: string): Value | undefined;
  write(value: Value): string;
}

const text: Form<string> = { read: (value) => value, write: (value) => value };
const flag: Form<boolean> = {
  read: (value) => (value === '1' ? true : value === '0' ? false : undefined),
  write: (value) => (value ? '1' : '0'),
};
function oneOf<const Choices extends readonly string[]>(choices: Choices): Form<Choices[number]> {
  return { read: (value) => choices.find((choice) => choice === value), write: (value) => value };
}
function number(minimum: number, maximum: number, whole = false): Form<number> {
  return {
    read(value) {
      const parsed = value.trim() === '' ? NaN : Number(value);
      if (!Number.isFinite(parsed) || (whole && !Number.isInteger(parsed))) return undefined;
      return Math.min(Math.max(parsed, minimum), maximum);
    },
    write: (value) => String(whole ? value : Number(value.toPrecision(6))),
  };
}
function orNull<Value>(form: Form<Value>): Form<Value | null> {
  return { read: form.read, write: (value) => (value === null ? '' : form.write(value)) };
}
function tuple<Numbers extends number[]>(length: number): Form<Numbers | null> {
  return {
    read(value) {
      const parts = value.split(',').map(Number);
      return parts.length === length && parts.every(Number.isFinite) ? (parts as Numbers) : undefined;
    },
    write: (value) => (value === null ? '' : value.map((part) => Number(part.toPrecision(5))).join(',')),
  };
}
const list: Form<string[]> = {
  read: (value) => value.split(',').filter((part) => part !== ''),
  write: (value) => value.join(','),
};

/** layer:137,201:zero;layer:4:1.5 */
const changeList: Form<Change[]> = {
  read(value) {
    const changes: Change[] = [];
    for (const part of value.split(';')) {
      const [layer, channels, how] = part.split(':');
      if (!layer || !channels || !how) return undefined;
      const numbers = channels.split(',').map(Number);
      if (!numbers.every((channel) => Number.isInteger(channel) && channel >= 0)) return undefined;
      const factor = Number(how);
      if (how !== 'zero' && how !== 'mean' && !Number.isFinite(factor)) return undefined;
      changes.push({ layer: unescapePart(layer), channels: numbers, how: how === 'zero' || how === 'mean' ? how : factor });
    }
    return changes;
  },
  write: (changes) =>
    changes.map((change) => `${escapePart(change.layer)}:${change.channels.join(',')}:${change.how}`).join(';'),
};
function escapePart(part: string): string {
  return part.replace(/[!:;]/g, (sign) => '!' + sign.charCodeAt(0).toString(16));
}
function unescapePart(part: string): string {
  return part.replace(/!([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}

type Fields = Omit<View, 'page' | 'rest'>;
/** The short name of every field in the address, and its form. */
const fields: { [Name in keyof Fields]: [string, Form<Fields[Name]>] } = {
  model: ['m', text],
  images: ['i', list],
  layer: ['l', text],
  channel: ['c', orNull(number(0, 1e9, true))],
  place: ['at', tuple<[number, number]>(2)],
  tab: ['tab', oneOf(tabs)],
  fold: ['fold', oneOf(folds)],
  colour: ['colour', oneOf(colours)],
  camera: ['g', tuple<[number, number, number]>(3)],
  sort: ['sort', oneOf(sorts)],
  tile: ['tile', number(0, tileMaximum, true)],
  scale: ['scale', oneOf(scales)],
  low: ['low', number(-1e30, 1e30)],
  high: ['high', number(-1e30, 1e30)],
  palette: ['p', oneOf(palettes)],
  hideSilent: ['hide', flag],
  top: ['k', number(1, 1000, true)],
  temperature: ['t', number(0.05, 20)],
  logits: ['logits', flag],
  target: ['why', orNull(number(0, 1e9, true))],
  against: ['vs', orNull(number(0, 1e9, true))],
  changes: ['o', changeList],
  heat: ['heat', text],
  opacity: ['op', number(0, 1)],
  field: ['rf', flag],
  photo: ['photo', oneOf(photos)],
};

/** The view an address stands for; what it does not say, or says wrongly, is as in `start`. */
export function readAddress(hash: string): View {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const view: View = { ...start, rest: {} };
  view.page = pages.find((page) => page === path) ?? 'x';
  const byName = new Map(Object.entries(fields).map(([name, [short]]) => [short, name as keyof Fields]));
  for (const pair of query.split('&')) {
    const cut = pair.indexOf('=');
    if (cut < 1) continue;
    const short = decode(pair.slice(0, cut));
    const value = decode(pair.slice(cut + 1));
    const name = byName.get(short);
    if (name) setField(view, name, value);
    else view.rest[short] = value;
  }
  return view;
}

function setField<Name extends keyof Fields>(view: Fields, name: Name, value: string): void {
  const parsed = fields[name][1].read(value);
  if (parsed !== undefined) view[name] = parsed;
}

/** The address of a view, shortest form: equal views have equal addresses. */
export function writeAddress(view: View): string {
  const parts: string[] = [];
  const write = <Name extends keyof Fields>(name: Name): void => {
    const [short, form] = fields[name];
    const value = form.write(view[name]);
    if (value !== form.write(start[name])) parts.push(`${short}=${encode(value)}`);
  };
  for (const name of Object.keys(fields) as (keyof Fields)[]) write(name);
  for (const [name, value] of Object.entries(view.rest)) parts.push(`${encode(name)}=${encode(value)}`);
  return `#/${view.page}${parts.length ? '?' + parts.join('&') : ''}`;
}

/** Percent-encoding that leaves the signs readable which mean nothing in this place. */
function encode(part: string): string {
  return encodeURIComponent(part).replace(/%(?:2C|2F|3A|3B)/g, (sign) => decodeURIComponent(sign));
}
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
