// The grid of maps as arithmetic: where every tile lies, which rows are in sight, what is under a point, in which order
// channels come. Nothing here draws.
import { bitDead, bitNotFinite, channelRange, flagSigned, valueAt, type ChannelStatistics, type FeatureMaps } from '../api/fmap';
import type { View } from '../state/view';

export interface TileLayout {
  count: number;
  columns: number;
  rows: number;
  tileWidth: number;
  tileHeight: number;
  cellWidth: number;
  cellHeight: number;
  /** Height of all rows. */
  height: number;
}

export const tileGap = 6;
export const tileLabel = 15;

/** Tiles have the longer side `tile`, the other as the maps' shape says, yet never below 8 pixels. */
export function layoutTiles(count: number, paneWidth: number, tile: number, mapHeight: number, mapWidth: number): TileLayout {
  const longest = Math.max(mapHeight, mapWidth, 1);
  const tileWidth = Math.max(8, Math.round((tile * mapWidth) / longest));
  const tileHeight = Math.max(8, Math.round((tile * mapHeight) / longest));
  // A label of three digits and a value needs its place under the smallest tile too.
  const cellWidth = Math.max(tileWidth, 24) + tileGap;
  const cellHeight = tileHeight + (tile >= 28 ? tileLabel : 0) + tileGap;
  const columns = Math.max(1, Math.floor((paneWidth + tileGap) / cellWidth));
  const rows = Math.ceil(count / columns);
  return { count, columns, rows, tileWidth, tileHeight, cellWidth, cellHeight, height: rows * cellHeight };
}

/** The largest of a few sizes at which all tiles are seen without scrolling; the smallest of them when none is. */
export function automaticTile(count: number, paneWidth: number, paneHeight: number, mapHeight: number, mapWidth: number): number {
  const sizes = [160, 128, 112, 96, 80];
  return sizes.find((tile) => layoutTiles(count, paneWidth, tile, mapHeight, mapWidth).height <= paneHeight) ?? 64;
}

/** Rows in sight, [first, behind the last). */
export function rowsInSight(layout: TileLayout, scrollTop: number, viewHeight: number): [number, number] {
  const first = Math.max(0, Math.floor(scrollTop / layout.cellHeight));
  const last = Math.ceil((scrollTop + viewHeight) / layout.cellHeight);
  return [Math.min(first, layout.rows), Math.min(last, layout.rows)];
}

export function tilePlace(layout: TileLayout, index: number): [number, number] {
  return [(index % layout.columns) * layout.cellWidth, Math.floor(index / layout.columns) * layout.cellHeight];
}

/** The tile under a point of the whole grid, and the place in its map from 0 to 1; null between tiles. */
export function tileAt(layout: TileLayout, x: number, y: number): { index: number; u: number; v: number } | null {
  const column = Math.floor(x / layout.cellWidth);
  const row = Math.floor(y / layout.cellHeight);
  const index = row * layout.columns + column;
  if (column < 0 || row < 0 || column >= layout.columns || index >= layout.count) return null;
  const u = (x - column * layout.cellWidth) / layout.tileWidth;
  const v = (y - row * layout.cellHeight) / layout.tileHeight;
  return u >= 0 && u < 1 && v >= 0 && v < 1 ? { index, u, v } : null;
}

/** Scroll position that brings a tile into sight with as little movement as can be. */
export function scrollTo(layout: TileLayout, index: number, scrollTop: number, viewHeight: number): number {
  const [, top] = tilePlace(layout, index);
  if (top < scrollTop) return top;
  if (top + layout.cellHeight > scrollTop + viewHeight) return top + layout.cellHeight - viewHeight;
  return scrollTop;
}

export function isSilent(statistics: ChannelStatistics): boolean {
  return (statistics.bits & bitDead) !== 0;
}
export function hasNotFinite(statistics: ChannelStatistics): boolean {
  return (statistics.bits & bitNotFinite) !== 0;
}

/** Channels in the order asked for; equal ones by number. */
export function orderChannels(
  maps: FeatureMaps,
  sort: View['sort'],
  hideSilent: boolean,
  contributions: ReadonlyMap<number, number>,
): number[] {
  const channels: number[] = [];
  const keys = new Map<number, number>();
  for (let channel = maps.firstChannel; channel < maps.firstChannel + maps.channels; channel++) {
    const statistics = maps.statistics(channel);
    if (hideSilent && isSilent(statistics)) continue;
    channels.push(channel);
    keys.set(channel, sortKey(sort, statistics, contributions.get(channel) ?? 0));
  }
  if (sort === 'number') return channels;
  // What is not a number comes first: it must not be overlooked.
  const key = (channel: number): number => {
    const value = keys.get(channel) ?? 0;
    return Number.isNaN(value) ? Infinity : value;
  };
  return channels.sort((left, right) => {
    const difference = key(right) - key(left);
    return difference > 0 ? 1 : difference < 0 ? -1 : left - right;
  });
}

function sortKey(sort: View['sort'], statistics: ChannelStatistics, contribution: number): number {
  switch (sort) {
    case 'maximum':
      return Math.max(Math.abs(statistics.maximum), Math.abs(statistics.minimum));
    case 'mean':
      return statistics.mean;
    case 'zero':
      return statistics.zeroShare;
    case 'norm':
      return statistics.norm;
    case 'contribution':
      return Math.abs(contribution);
    case 'number':
      return 0;
  }
}

export interface Scale {
  low: number;
  high: number;
  signed: boolean;
}

const clipped = new WeakMap<FeatureMaps, [number, number]>();
const bins = 4096;

/** The layer's range without its outermost half percent on both sides: one wild number then leaves colours to the rest. */
export function clippedRange(maps: FeatureMaps): [number, number] {
  const before = clipped.get(maps);
  if (before) return before;
  const counts = new Uint32Array(bins);
  const width = (maps.maximum - maps.minimum) / bins || 1;
  const pixels = maps.height * maps.width;
  let total = 0;
  for (let c = maps.firstChannel; c < maps.firstChannel + maps.channels; c++) {
    for (let i = 0; i < pixels; i++) {
      const bin = Math.floor((valueAt(maps, c, 0, i) - maps.minimum) / width);
      if (!Number.isFinite(bin)) continue;
      const place = Math.min(Math.max(bin, 0), bins - 1);
      counts[place] = (counts[place] ?? 0) + 1;
      total++;
    }
  }
  const edge = (share: number): number => {
    let sum = 0;
    let bin = 0;
    while (bin < bins - 1 && (sum += counts[bin] ?? 0) <= share * total) bin++;
    return bin;
  };
  const range: [number, number] = [maps.minimum + edge(0.005) * width, maps.minimum + (edge(0.995) + 1) * width];
  clipped.set(maps, range);
  return range;
}

/** The range of values a channel's colours stand for. */
export function scaleOf(maps: FeatureMaps, channel: number, view: Pick<View, 'scale' | 'low' | 'high'>): Scale {
  const signed = (maps.flags & flagSigned) !== 0;
  if (view.scale === 'fixed') return { low: view.low, high: view.high, signed: signed && view.low < 0 };
  if (view.scale === 'channel') {
    const [low, high] = channelRange(maps, maps.statistics(channel));
    return { low, high, signed };
  }
  const [low, high] = view.scale === 'clip' ? clippedRange(maps) : [maps.minimum, maps.maximum];
  if (!signed) return { low, high, signed };
  const reach = Math.max(Math.abs(low), Math.abs(high));
  return { low: -reach, high: reach, signed };
}
