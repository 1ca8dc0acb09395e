// A training's columns: rows added by events, what is told of them in words.
import assert from 'node:assert/strict';
import test from 'node:test';
import { epochPlaces, epochSteps, hasTime, smoothed, stepPlaces } from '../../src/train/axis';
import { bestEpoch, extremes, warnings } from '../../src/train/facts';
import { readLog } from '../../src/train/others';
import { addRow } from '../../src/train/rows';

test('a row is added to every column', () => {
  const columns = addRow({ step: [1], loss: [2] }, { event: 'train.step', step: 2, loss: null, sps: 5 });
  assert.deepEqual(columns, { step: [1, 2], loss: [2, null], sps: [null, 5] });
});

test('extremes name where they are', () => {
  assert.deepEqual(extremes([1, 2, 3, 4], [5, 1, null, 7]), { first: 5, last: 7, low: 1, lowAt: 2, high: 7, highAt: 4 });
  assert.equal(extremes([1], [null]), null);
});

test('the best epoch is the one where the best was reached', () => {
  assert.deepEqual(bestEpoch({ epoch: [1, 2, 3], best: [0.4, 0.9, 0.9] }), { value: 0.9, epoch: 2 });
  assert.equal(bestEpoch({ epoch: [1], best: [null] }), null);
});

test('warnings', () => {
  assert.deepEqual(warnings({ step: [1, 2], loss: [1, null] }, {}), [{ key: 'warn.nan', values: { step: 2 } }]);
  const epoch = Array.from({ length: 10 }, (_, i) => i + 1);
  const found = warnings({}, { epoch, loss: epoch.map((n) => 1 / n), val_loss: epoch.map((n) => (n === 1 ? 0.5 : 0.6)) });
  assert.deepEqual(found.map((one) => one.key), ['warn.plateau', 'warn.gap']);
  assert.deepEqual(warnings({ step: [1], loss: [1] }, { epoch: [1, 2, 3], loss: [3, 2, 1], val_loss: [3, 2, 1] }), []);
});

test('a gradient that has come to nothing is told', () => {
  const step = [1, 2, 3, 4, 5];
  assert.deepEqual(warnings({ step, loss: [1, 1, 1, 1, 1], gnorm: [2, 1, 0, 0, 0] }, {}), [{ key: 'warn.still', values: { step: 3 } }]);
  assert.deepEqual(warnings({ step, loss: [1, 1, 1, 1, 1], gnorm: [0, 0, 0, 0, 1] }, {}), []);
});

test('steps on the axes of epochs and of seconds', () => {
  const steps = { step: [1, 5, 10, 15, 20, 22], epoch: [1, 1, 1, 2, 2, 3], loss: [6, 5, 4, 3, 2, 1] };
  const epochs = { epoch: [1, 2], sec: [40, 20] };
  assert.deepEqual(epochSteps(steps, epochs), [10, 20]);
  assert.deepEqual(stepPlaces('step', steps, epochs), steps.step);
  assert.deepEqual(stepPlaces('epoch', steps, epochs), [0.1, 0.5, 1, 1.5, 2, 2.2]);
  assert.deepEqual(stepPlaces('time', steps, epochs), [4, 20, 40, 50, 60, 64]);
  assert.deepEqual(epochPlaces('time', steps, epochs), [40, 60]);
  assert.ok(hasTime(epochs) && !hasTime({ epoch: [1] }));
});

test('smoothing keeps a constant, follows a jump, skips what is missing', () => {
  assert.deepEqual(smoothed([3, 3, null, 3], 0.9).map((value) => value && Number(value.toFixed(12))), [3, 3, null, 3]);
  assert.deepEqual(smoothed([1, 2], 0), [1, 2]);
  const jump = smoothed([0, 0, 0, 1, 1, 1], 0.5);
  assert.ok((jump[3] ?? 0) > 0.5 && (jump[3] ?? 0) < 0.6 && (jump[5] ?? 0) > (jump[4] ?? 0));
});

test('the log of another training', () => {
  const text = '{"event":"train.step","t":"a","step":1,"loss":2}\nno json "train.step"\n{"event":"train.step","t":"a","step":2,"loss":1}\n{"event":"train.epoch","t":"a","epoch":1,"val_loss":1.5}\n{"event":"train.step","st';
  const read = readLog('a.jsonl', text);
  assert.deepEqual(read.steps, { step: [1, 2], loss: [2, 1] });
  assert.deepEqual(read.epochs, { epoch: [1], val_loss: [1.5] });
  assert.deepEqual(readLog('empty', ''), { name: 'empty', steps: {}, epochs: {} });
});
