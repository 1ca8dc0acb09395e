// The grid of maps: every tile has its place, every place its tile, and sorting is what it says.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { ChannelStatistics, FeatureMaps } from '../../src/api/fmap';
import { flagSigned } from '../../src/api/fmap';
import { clippedRange, layoutTiles, orderChannels, rowsInSight, scaleOf, scrollTo, tileAt, tilePlace } from '../../src/draw/tiles';

test('each tile is found where it lies, the gap between tiles is nobody', () => {
  const layout = layoutTiles(512, 700, 64, 14, 14);
  assert.equal(layout.columns, Math.floor((700 + 6) / 70));
  assert.equal(layout.rows, Math.ceil(512 / layout.columns));
  for (let index = 0; index < 512; index++) {
    const [x, y] = tilePlace(layout, index);
    assert.equal(tileAt(layout, x, y)?.index, index);
    assert.equal(tileAt(layout, x + 63.9, y + 63.9)?.index, index);
    assert.equal(tileAt(layout, x + 65, y + 3), null);
  }
  assert.equal(tileAt(layout, 1, layout.height + 1), null);
});

test('the last channel of any count is in sight at the end of the scroll', () => {
  for (const count of [1, 2, 3, 31, 192, 2048]) {
    for (const width of [40, 333, 1200]) {
      const layout = layoutTiles(count, width, 24, 7, 7);
      const [first, last] = rowsInSight(layout, Math.max(0, layout.height - 300), 300);
      assert.equal(last, layout.rows);
      assert.ok(first < last);
      assert.ok(last * layout.columns >= count);
    }
  }
});

test('no channels are no rows', () => {
  const layout = layoutTiles(0, 500, 64, 8, 8);
  assert.equal(layout.rows, 0);
  assert.deepEqual(rowsInSight(layout, 0, 400), [0, 0]);
});

test('flat maps have flat tiles, never thinner than eight pixels', () => {
  const layout = layoutTiles(10, 500, 64, 1, 128);
  assert.equal(layout.tileWidth, 64);
  assert.equal(layout.tileHeight, 8);
});

test('scrolling to a tile moves only as far as needed', () => {
  const layout = layoutTiles(100, 350, 64, 14, 14);
  assert.equal(scrollTo(layout, 0, 0, 300), 0);
  const [, top] = tilePlace(layout, 60);
  assert.equal(scrollTo(layout, 60, 0, 300), top + layout.cellHeight - 300);
  assert.equal(scrollTo(layout, 0, 500, 300), 0);
});

function maps(rows: Partial<ChannelStatistics>[], flags = 0, range: [number, number] = [0, 1]): FeatureMaps {
  const statistics = rows.map((row) => ({ minimum: 0, maximum: 0, mean: 0, deviation: 0, zeroShare: 0, norm: 0, peak: [0, 0] as [number, number], bits: 0, notFinite: 0, ...row }));
  return {
    kind: 'u8', flags, channels: rows.length, height: 1, width: 1, firstChannel: 0, fullHeight: 1, fullWidth: 1, minimum: range[0], maximum: range[1],
    run: 0n, planes: new Uint8Array(rows.length), bytes: 0, statistics: (channel) => statistics[channel] as ChannelStatistics,
  };
}

test('channels are sorted by what is asked, equal ones by number, NaN first', () => {
  const block = maps([{ maximum: 1, mean: 3 }, { maximum: -5, minimum: -5, mean: NaN }, { maximum: 1, mean: 9 }, { bits: 1 }]);
  const none = new Map<number, number>();
  assert.deepEqual(orderChannels(block, 'number', false, none), [0, 1, 2, 3]);
  assert.deepEqual(orderChannels(block, 'maximum', false, none), [1, 0, 2, 3]);
  assert.deepEqual(orderChannels(block, 'mean', false, none), [1, 2, 0, 3]);
  assert.deepEqual(orderChannels(block, 'number', true, none), [0, 1, 2]);
  assert.deepEqual(orderChannels(block, 'contribution', false, new Map([[3, -4], [0, 2]])), [3, 0, 1, 2]);
});

test('ranges: layer, channel, fixed; signed ones are even about zero', () => {
  const plain = maps([{ minimum: 0, maximum: 4 }], 2, [0, 10]);
  assert.deepEqual(scaleOf(plain, 0, { scale: 'layer', low: 0, high: 1 }), { low: 0, high: 10, signed: false });
  assert.deepEqual(scaleOf(plain, 0, { scale: 'channel', low: 0, high: 1 }), { low: 0, high: 4, signed: false });
  assert.deepEqual(scaleOf(plain, 0, { scale: 'fixed', low: 2, high: 3 }), { low: 2, high: 3, signed: false });
  const both = maps([{ minimum: -1, maximum: 4 }], flagSigned, [-3, 10]);
  assert.deepEqual(scaleOf(both, 0, { scale: 'layer', low: 0, high: 1 }), { low: -10, high: 10, signed: true });
});

test('a clipped range leaves out half a percent on both sides', () => {
  const rows = Array.from({ length: 1000 }, () => ({ minimum: -1, maximum: 1 }));
  const block = { ...maps(rows, 0, [-1000, 500]), kind: 'f32' as const, planes: Float32Array.from({ length: 1000 }, (_, i) => (i < 3 ? -1000 : i > 997 ? 500 : i / 100)) };
  const [low, high] = clippedRange(block);
  assert.ok(low > -1 && low < 1 && high > 9 && high < 11, `${low} ${high}`);
  assert.deepEqual(scaleOf(block, 0, { scale: 'clip', low: 0, high: 1 }), { low, high, signed: false });
  const same = { ...maps([{ minimum: 2, maximum: 2 }], 0, [2, 2]), kind: 'f32' as const, planes: Float32Array.of(2) };
  assert.ok(clippedRange(same).every(Number.isFinite));
});
