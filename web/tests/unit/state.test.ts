// Changes, their history, the search, the receptive field, the cache, numbers and drawing that needs no screen.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ByteCache } from '../../src/api/cache';
import type { GraphNode, LayerRow } from '../../src/api/types';
import { fitCamera, groupBoxes, isInSight, nodeAt, toGraph, zoomAt } from '../../src/draw/graph';
import { histogramOf } from '../../src/draw/histogram';
import { palette } from '../../src/draw/palette';
import { changeOf, countChanges, overlayBody, withChange, withChanges } from '../../src/state/changes';
import { fieldBox, fieldRule } from '../../src/state/field';
import { find, findClasses, readCondition } from '../../src/state/find';
import { emptyHistory, record, redo, undo } from '../../src/state/history';
import { isVector } from '../../src/state/kinds';
import { bytes, number, percent, short, signed, whole } from '../../src/state/numbers';
import type { Change } from '../../src/state/view';

test('a channel is under one change at most', () => {
  let changes = withChange([], 'conv', 3, 'zero');
  changes = withChange(changes, 'conv', 1, 'zero');
  assert.deepEqual(changes, [{ layer: 'conv', channels: [1, 3], how: 'zero' }]);
  changes = withChange(changes, 'conv', 3, 'mean');
  assert.equal(changeOf(changes, 'conv', 3), 'mean');
  assert.equal(countChanges(changes), 2);
  changes = withChange(changes, 'conv', 3, null);
  changes = withChange(changes, 'conv', 1, null);
  assert.deepEqual(changes, []);
});

test('several channels are switched together, and back when all are', () => {
  const off = withChanges(withChange([], 'conv', 2, 0.5), 'conv', [1, 2, 3], 'zero');
  assert.deepEqual(off, [{ layer: 'conv', channels: [1, 2, 3], how: 'zero' }]);
  assert.deepEqual(withChanges(off, 'conv', [1, 3], 'zero'), [{ layer: 'conv', channels: [2], how: 'zero' }]);
  assert.deepEqual(withChanges(off, 'conv', [3, 4], 'zero'), [{ layer: 'conv', channels: [1, 2, 3, 4], how: 'zero' }]);
});

test('changes become the operations of an overlay', () => {
  assert.deepEqual(overlayBody([{ layer: 'a', channels: [1], how: 'mean' }, { layer: 'b', channels: [2, 3], how: 1.5 }]), {
    ops: [
      { op: 'ablate', layer: 'a', channels: [1], with: 'mean' },
      { op: 'scale', layer: 'b', channels: [2, 3], by: 1.5 },
    ],
  });
});

test('undo and redo walk the same way back and forth', () => {
  const one: Change[] = [{ layer: 'a', channels: [1], how: 'zero' }];
  let history = record(emptyHistory<Change[]>(), []);
  const back = undo(history, one);
  assert.ok(back);
  assert.deepEqual(back[1], []);
  const forth = redo(back[0], back[1]);
  assert.ok(forth);
  assert.deepEqual(forth[1], one);
  assert.equal(undo(emptyHistory<number>(), 1), null);
  assert.equal(redo(emptyHistory<number>(), 1), null);
  history = record(forth[0], one);
  assert.equal(history.future.length, 0);
});

const node = (id: string, kind: string, out: number[]): GraphNode => ({ id, kind, class: kind, layer: id, k: '', members: [id], out, params: 0, macs: 0, x: 0, y: 0, w: 10, h: 10 });
const row = (layer: string, values: Partial<LayerRow>): LayerRow => ({ layer, shape: [8, 8, 10], kept: true, min: 0, max: 1, mean: 0, std: 0, zero: 0, bad: 0, dead: 0, ns: 0, bytes: 0, ...values });

test('the search finds names, kinds, shapes, channels and conditions', () => {
  const nodes = [node('block1_conv1', 'Conv2D', [224, 224, 64]), node('block1_pool', 'MaxPooling2D', [112, 112, 64]), node('conv', 'Conv2D', [1, 1, 3])];
  const rows = new Map([['block1_conv1', row('block1_conv1', { dead: 6, bad: 1 })], ['block1_pool', row('block1_pool', { dead: 1, ns: 2e7 })]]);
  const layers = (text: string): string[] => find(text, nodes, rows).map((found) => found.layer);
  assert.deepEqual(layers('conv'), ['conv', 'block1_conv1']);
  assert.deepEqual(layers('pooling'), ['block1_pool']);
  assert.deepEqual(layers('112x112'), ['block1_pool']);
  assert.deepEqual(layers('dead>50%'), ['block1_conv1']);
  assert.deepEqual(layers('dead < 0.5'), ['block1_pool']);
  assert.deepEqual(layers('nan'), ['block1_conv1']);
  assert.deepEqual(layers('time>10ms'), ['block1_pool']);
  assert.equal(find('block1_conv1/137', nodes, rows)[0]?.channel, 137);
  assert.deepEqual(layers('  '), []);
  assert.equal(readCondition('nonsense>1'), null);
});

test('receptive fields are cut to the input', () => {
  const rule = { size: [3, 3] as [number, number], step: [1, 1] as [number, number], start: [-1, -1] as [number, number], input: [10, 10] as [number, number] };
  assert.deepEqual(fieldBox(rule, 0, 5), { y: 0, x: 4, height: 2, width: 3, clipped: true });
  assert.deepEqual(fieldBox(rule, 4, 5), { y: 3, x: 4, height: 3, width: 3, clipped: false });
});

test('the fields of VGG16 begin where its paddings put them', () => {
  const field = { known: true, whole: false, size: [196, 196] as [number, number], step: [16, 16] as [number, number] };
  const rule = fieldRule(field, [14, 14, 512], [224, 224]);
  assert.ok(rule);
  // Paddings of 1 before each of 2, 2, 3, 3, 3 convolutions, one pixel of stage k being 1, 2, 4, 8, 16 pixels wide.
  assert.deepEqual(rule.start, [-90, -90]);
  assert.deepEqual(fieldBox(rule, 7, 7), { y: 22, x: 22, height: 196, width: 196, clipped: false });
  assert.equal(fieldRule({ ...field, known: false }, [14, 14, 512], [224, 224]), null);
  assert.deepEqual(fieldRule({ ...field, start: [-3, 5] }, [14, 14, 512], [224, 224])?.start, [-3, 5]);
});

test('the cache forgets what was not used for longest', () => {
  const cache = new ByteCache<string>(100);
  cache.set('a', 'A', 60);
  cache.set('b', 'B', 30);
  assert.equal(cache.get('a'), 'A');
  cache.set('c', 'C', 30);
  assert.equal(cache.get('b'), undefined);
  assert.equal(cache.get('a'), 'A');
  assert.equal(cache.bytes, 90);
  cache.set('huge', 'H', 1000);
  assert.equal(cache.get('huge'), undefined);
  cache.clear();
  assert.equal(cache.bytes, 0);
});

test('a camera shows all, and zooms about the point under the mouse', () => {
  const camera = fitCamera({ w: 2000, h: 1000 }, 400, 400);
  assert.ok(isInSight(camera, { ...node('a', 'x', []), x: 0, y: 0, w: 2000, h: 1000 }, 400, 400));
  const before = toGraph(camera, 100, 50, 400, 400);
  const after = toGraph(zoomAt(camera, 1.7, 100, 50, 400, 400), 100, 50, 400, 400);
  assert.ok(Math.hypot(before[0] - after[0], before[1] - after[1]) < 1e-6);
  const graph = { model: '', fold: '', w: 1, h: 1, layout_us: 0, nodes: [node('a', 'x', [])], edges: [], groups: [] };
  assert.equal(nodeAt(graph, 5, 5)?.id, 'a');
  assert.equal(nodeAt(graph, 50, 5), null);
});

test('histograms count every value once', () => {
  const histogram = histogramOf([0, 0, 1, 2, NaN, Infinity], 4);
  assert.deepEqual(histogram.counts, [2, 0, 1, 1]);
  assert.equal(histogram.notFinite, 2);
  assert.deepEqual(histogramOf([5, 5], 3).counts, [2, 0, 0]);
  assert.deepEqual(histogramOf([], 2).counts, [0, 0]);
});

test('palettes go from dark to light in even steps', () => {
  for (const name of ['viridis', 'cividis', 'grey', 'heat'] as const) {
    const lightness = [...palette(name)].map((colour) => 0.2126 * (colour & 255) + 0.7152 * ((colour >> 8) & 255) + 0.0722 * ((colour >> 16) & 255));
    for (let index = 1; index < 256; index++) assert.ok((lightness[index] ?? 0) >= (lightness[index - 1] ?? 0) - 0.6, `${name} at ${index}`);
  }
});

test('vectors are lists', () => {
  assert.ok(isVector([1000]));
  assert.ok(isVector([1, 1, 1000]));
  assert.ok(!isVector([2, 1, 10]));
});

test('numbers are short and the same everywhere', () => {
  assert.equal(number(3.21754), '3.218');
  assert.equal(number(-0.5), '−0.5000');
  assert.equal(number(0), '0');
  assert.equal(number(NaN), 'NaN');
  assert.equal(number(null), '–');
  assert.equal(number(1.5e9), '1.50e9');
  assert.equal(signed(1.924), '+1.92');
  assert.equal(percent(0.18225), '18.2 %');
  assert.equal(percent(0), '0 %');
  assert.equal(percent(1), '100 %');
  assert.equal(percent(0.0001), '<0.1 %');
  assert.equal(whole(138357544), '138\u202f357\u202f544');
  assert.equal(short(15470264320), '15.5 G');
  assert.equal(bytes(60 * 2 ** 20), '60 MB');
});

test('classes are found by their beginning first, or by their number', () => {
  const names = new Map<number, string | null>([[1, 'goldfish'], [2, 'fish hook'], [3, null], [17, 'jay']]);
  assert.deepEqual(findClasses('fish', names, 5).map((one) => one.c), [2, 1]);
  assert.deepEqual(findClasses('17', names, 5).map((one) => one.c), [17]);
  assert.deepEqual(findClasses('', names, 5), []);
});

test('a group that goes on in the next column has a box in each', () => {
  const at = (id: string, x: number, y: number): GraphNode => ({ ...node(id, 'convolution', [1]), group: 'late', x, y });
  const edge = (from: string, to: string) => ({ from, to, shape: [1], pts: [] });
  const graph = { model: '', fold: '', w: 1, h: 1, layout_us: 0, nodes: [at('a', 0, 80), at('b', 0, 100), at('c', 50, 0), at('d', 50, 20)], edges: [edge('a', 'b'), edge('b', 'c'), edge('c', 'd')], groups: [] };
  const boxes = groupBoxes(graph);
  assert.deepEqual(boxes.map((box) => [box.x + 7, box.y + 7, box.w - 14, box.h - 14]), [[0, 80, 10, 30], [50, 0, 10, 30]]);
});
