// A training's columns: rows added by events, what is told of them in words.
import assert from 'node:assert/strict';
import test from 'node:test';
import { bestEpoch, extremes, warnings } from '../../src/train/facts';
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
