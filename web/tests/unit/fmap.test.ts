// The reader of binary blocks, on blocks made here byte by byte after the format's table.
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  bitDead, channelRange, flagChannelRange, flagSigned, halfToNumber, identityBits, readFeatureMaps, valueAt,
} from '../../src/api/fmap';

interface Block {
  kind?: number;
  flags?: number;
  height?: number;
  width?: number;
  statistics: number[][];
  data: number[];
  layer?: [number, number];
  bits?: number[];
  first?: number;
  notFinite?: number[];
}

/** A block as the server writes it: header of 64 bytes, rows of statistics, planes at a multiple of 64. */
function block({ kind = 0, flags = 0, height = 1, width = 1, statistics, data, layer = [0, 1], bits = [], first = 0, notFinite = [] }: Block): ArrayBuffer {
  const statisticsAt = 64;
  const dataAt = Math.ceil((statisticsAt + statistics.length * 36) / 64) * 64;
  const size = [1, 2, 4][kind] ?? 1;
  const buffer = new ArrayBuffer(dataAt + data.length * size);
  const view = new DataView(buffer);
  [0x46, 0x4d, 0x50, 0x31].forEach((byte, at) => view.setUint8(at, byte));
  view.setUint16(4, kind, true);
  view.setUint16(6, flags, true);
  [statistics.length, height, width, first, height, width].forEach((value, at) => view.setUint32(8 + at * 4, value, true));
  view.setFloat32(32, layer[0], true);
  view.setFloat32(36, layer[1], true);
  view.setBigUint64(40, 0x1122334455667788n, true);
  [statisticsAt, dataAt, 36].forEach((value, at) => view.setUint32(48 + at * 4, value, true));
  statistics.forEach((row, channel) => {
    row.slice(0, 6).forEach((value, at) => view.setFloat32(statisticsAt + channel * 36 + at * 4, value, true));
    view.setUint16(statisticsAt + channel * 36 + 24, row[6] ?? 0, true);
    view.setUint16(statisticsAt + channel * 36 + 26, row[7] ?? 0, true);
    view.setUint32(statisticsAt + channel * 36 + 28, bits[channel] ?? 0, true);
    view.setUint32(statisticsAt + channel * 36 + 32, notFinite[channel] ?? 0, true);
  });
  data.forEach((value, at) => {
    if (kind === 0) view.setUint8(dataAt + at, value);
    else if (kind === 1) view.setUint16(dataAt + at * 2, value, true);
    else view.setFloat32(dataAt + at * 4, value, true);
  });
  return buffer;
}

test('a block of bytes gives shape, range and statistics', () => {
  const maps = readFeatureMaps(
    block({ height: 2, width: 3, statistics: [[0, 2, 1, 0.5, 0.25, 4, 1, 2], [0, 0, 0, 0, 1, 0]], bits: [0, bitDead], notFinite: [0, 5], data: [0, 51, 102, 153, 204, 255, 0, 0, 0, 0, 0, 0], layer: [0, 2] }),
  );
  assert.equal(maps.channels, 2);
  assert.equal(maps.height, 2);
  assert.equal(maps.width, 3);
  assert.equal(maps.maximum, 2);
  assert.equal(maps.run, 0x1122334455667788n);
  const statistics = maps.statistics(0);
  assert.deepEqual(statistics.peak, [1, 2]);
  assert.equal(statistics.notFinite, 0);
  assert.equal(maps.statistics(1).notFinite, 5);
  assert.equal(statistics.zeroShare, 0.25);
  assert.equal(maps.statistics(1).bits, bitDead);
  assert.ok(Math.abs(valueAt(maps, 0, 0, 1) - 0.4) < 1e-6);
  assert.ok(Math.abs(valueAt(maps, 0, 1, 2) - 2) < 1e-6);
});

test('a range for each channel is that of its statistics', () => {
  const maps = readFeatureMaps(block({ flags: flagChannelRange, statistics: [[1, 3, 2, 1, 0, 1], [0, 10, 5, 1, 0, 1]], data: [255, 255], layer: [0, 10] }));
  assert.deepEqual(channelRange(maps, maps.statistics(0)), [1, 3]);
  assert.equal(valueAt(maps, 0, 0, 0), 3);
  assert.equal(valueAt(maps, 1, 0, 0), 10);
});

test('signed bytes have zero at 128', () => {
  const maps = readFeatureMaps(block({ flags: flagSigned, width: 3, statistics: [[-4, 2, 0, 1, 0, 1]], data: [128, 255, 1], layer: [-4, 2] }));
  assert.deepEqual(channelRange(maps, maps.statistics(0)), [-4, 4]);
  assert.equal(valueAt(maps, 0, 0, 0), 0);
  assert.equal(valueAt(maps, 0, 0, 1), 4);
  assert.equal(valueAt(maps, 0, 0, 2), -4);
});

test('32-bit numbers are exact, 16-bit ones are those of IEEE 754', () => {
  const exact = readFeatureMaps(block({ kind: 2, width: 2, statistics: [[0, 1, 0, 0, 0, 0]], data: [0.1, -7.25] }));
  assert.equal(valueAt(exact, 0, 0, 1), -7.25);
  assert.equal(valueAt(exact, 0, 0, 0), Math.fround(0.1));
  assert.equal(halfToNumber(0x3c00), 1);
  assert.equal(halfToNumber(0xc000), -2);
  assert.equal(halfToNumber(0x7bff), 65504);
  assert.equal(halfToNumber(0x0001), 2 ** -24);
  assert.equal(halfToNumber(0x7c00), Infinity);
  assert.ok(Number.isNaN(halfToNumber(0x7e00)));
  const half = readFeatureMaps(block({ kind: 1, statistics: [[0, 1, 0, 0, 0, 0]], data: [0x3800] }));
  assert.equal(valueAt(half, 0, 0, 0), 0.5);
});

test('a block of some channels knows their numbers', () => {
  const maps = readFeatureMaps(block({ kind: 2, first: 7, statistics: [[3, 3, 3, 0, 0, 3]], data: [3] }));
  assert.equal(maps.statistics(7).mean, 3);
  assert.equal(valueAt(maps, 7, 0, 0), 3);
  assert.ok(Number.isNaN(valueAt(maps, 8, 0, 0)));
});

test('what is no block, or is cut short, is refused', () => {
  const whole = block({ height: 4, width: 4, statistics: [[0, 1, 0, 0, 0, 0]], data: new Array<number>(16).fill(1) });
  assert.throws(() => readFeatureMaps(new ArrayBuffer(10)), /shorter than its header/);
  assert.throws(() => readFeatureMaps(new ArrayBuffer(64)), /FMP1/);
  for (let length = 64; length < whole.byteLength; length++) {
    assert.throws(() => readFeatureMaps(whole.slice(0, length)), /fmap/);
  }
});

test('identities are compared by their last 64 bits', () => {
  assert.equal(identityBits('r_1122334455667788'), 0x1122334455667788n);
  assert.equal(identityBits('r_ff'), 255n);
  assert.equal(identityBits('nonsense'), null);
});
