// The laboratory's sums against numbers worked out by hand and loops written another way.
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  convolveLine, correlate, dropoutMask, dropped, entropyBits, fields, flipped, framed, fromRows, furthest, kernels, leftOver,
  matrix, outputSize, padded, pool, readDrawing, rowsOf, softmax, writeDrawing, type Setting,
} from '../../src/lab/arithmetic';

const plain: Setting = { stride: 1, padding: 0, mode: 'zero', dilation: 1 };
const image = matrix(7, 7, (y, x) => ((y * 7 + x) * 37) % 101);

test('the named kernels have their own numbers', () => {
  assert.ok(kernels.laplacian.values.join() !== kernels['upper-sobel'].values.join());
  assert.deepEqual(kernels.laplacian.values, [0, 1, 0, 1, -4, 1, 0, 1, 0]);
  assert.deepEqual(kernels['upper-sobel'].values, [1, 2, 1, 0, 0, 0, -1, -2, -1]);
  const constant = matrix(6, 6, () => 100);
  for (const name of ['laplacian', 'laplacian-8', 'left-sobel', 'upper-sobel'] as const) {
    assert.ok(correlate(constant, kernels[name], plain).values.every((value) => value === 0), name);
  }
  const edge = matrix(6, 6, (_, x) => (x < 3 ? 0 : 10));
  assert.ok(correlate(edge, kernels['left-sobel'], plain).values.some((value) => value !== 0));
  assert.ok(correlate(edge, kernels['upper-sobel'], plain).values.every((value) => value === 0));
});

test('every stride, padding, border and dilation against a loop of its own', () => {
  for (const name of ['blur', 'left-sobel', 'emboss'] as const) {
    const kernel = kernels[name].values;
    for (let stride = 1; stride <= 4; stride++)
      for (let padding = 0; padding <= 3; padding++)
        for (const mode of ['zero', 'edge', 'reflect'] as const)
          for (let dilation = 1; dilation <= 2; dilation++) {
            const found = correlate(image, kernels[name], { stride, padding, mode, dilation });
            let count = 0;
            for (let top = -padding; top + 2 * dilation < 7 + padding; top += stride)
              for (let left = -padding; left + 2 * dilation < 7 + padding; left += stride) {
                let sum = 0;
                for (let i = 0; i < 9; i++) {
                  const place = [top + Math.floor(i / 3) * dilation, left + (i % 3) * dilation];
                  const inside = place.every((one) => one >= 0 && one < 7);
                  const [y = 0, x = 0] = place.map((one) => (mode === 'edge' ? Math.min(6, Math.max(0, one)) : 6 - Math.abs(6 - Math.abs(one))));
                  sum += (kernel[i] ?? 0) * (inside || mode !== 'zero' ? (image.values[y * 7 + x] ?? NaN) : 0);
                }
                assert.ok(Math.abs((found.values[count++] ?? NaN) - sum) < 1e-9, `${name} ${stride} ${padding} ${mode} ${dilation}`);
              }
            assert.equal(count, found.values.length);
          }
  }
});

test('what the stride leaves out', () => {
  for (let n = 3; n < 12; n++)
    for (let stride = 1; stride <= 4; stride++)
      for (let padding = 0; padding <= 3; padding++) {
        const setting: Setting = { ...plain, stride, padding };
        const covered = (outputSize(n, 3, setting) - 1) * stride + 3;
        assert.equal(leftOver(n, 3, setting), n + 2 * padding - covered);
        assert.equal(leftOver(n, 3, setting) > 0, (n + 2 * padding - 3) % stride !== 0);
      }
  assert.equal(outputSize(4, 3, { ...plain, dilation: 2 }), 0);
});

test('a flip changes the sign of Sobel and nothing of what is symmetric', () => {
  const straight = correlate(image, kernels['left-sobel'], plain).values;
  const turned = correlate(image, flipped(kernels['left-sobel']), plain).values;
  assert.ok(straight.every((value, i) => value === -(turned[i] ?? NaN)));
  assert.deepEqual(flipped(kernels.blur), kernels.blur);
});

test('borders', () => {
  const small = fromRows([[1, 2], [3, 4]]);
  assert.deepEqual(padded(small, 1, 'zero').values, [0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0]);
  assert.deepEqual(padded(small, 1, 'edge').values, [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
});

test('pooling', () => {
  const four = fromRows([[1, 2, 5, 6], [3, 4, 7, 8], [9, 8, 1, 0], [7, 6, 3, 2]]);
  assert.deepEqual(pool(four, 2, 2, 'max').values, [4, 8, 9, 3]);
  assert.deepEqual(pool(four, 2, 2, 'min').values, [1, 5, 6, 0]);
  assert.deepEqual(pool(four, 2, 2, 'average').values, [2.5, 6.5, 7.5, 1.5]);
  assert.equal(pool(four, 2, 1, 'max').values.length, 9);
});

test('one dimension', () => {
  assert.deepEqual(convolveLine([1, 2, 3], [0, 1, 0.5], true), [0, 1, 2.5, 4, 1.5]);
  assert.deepEqual(convolveLine([1, 2, 3], [0, 1, 0.5], false), [0.5, 2, 3.5, 3, 0]);
});

test('receptive fields', () => {
  assert.deepEqual(fields([{ kernel: 3, stride: 1 }, { kernel: 3, stride: 1 }, { kernel: 2, stride: 2 }, { kernel: 3, stride: 1 }]).map(({ size }) => size), [3, 5, 6, 10]);
});

test('dropout keeps as many as it should, and the mean', () => {
  const values = Array.from({ length: 50 }, (_, i) => 1 + i / 50);
  const full = values.reduce((sum, value) => sum + value, 0);
  for (const rate of [0, 0.1, 0.5, 0.9]) {
    let kept = 0;
    let total = 0;
    for (let seed = 0; seed < 200; seed++) {
      kept += dropoutMask(50, rate, seed).filter(Boolean).length;
      total += dropped(values, rate, seed, true).reduce((sum, value) => sum + value, 0);
    }
    assert.ok(Math.abs(kept - 10000 * (1 - rate)) <= 3 * Math.sqrt(10000 * rate * (1 - rate)), `rate ${rate}: ${kept}`);
    assert.ok(Math.abs(total / 200 / full - 1) < 0.1, `rate ${rate}: ${total / 200 / full}`);
  }
});

test('softmax: shares of one, also of huge scores; temperature and entropy', () => {
  const shares = softmax([2, 1, 0.5, -1], 1);
  const slow = [2, 1, 0.5, -1].map((score) => Math.exp(score));
  const sum = slow.reduce((total, value) => total + value, 0);
  shares.forEach((share, i) => assert.ok(Math.abs(share - (slow[i] ?? 0) / sum) < 1e-15));
  assert.deepEqual(softmax([1000, 1000], 1), [0.5, 0.5]);
  assert.deepEqual(softmax([3, 5], 2), softmax([13, 15], 2));
  assert.ok((softmax([2, 1], 0.1)[0] ?? 0) > 0.9999 && Math.abs((softmax([2, 1], 100)[0] ?? 0) - 0.5) < 0.01);
  assert.equal(entropyBits([1, 0]), 0);
  assert.equal(entropyBits([0.25, 0.25, 0.25, 0.25]), 2);
});

test('a kernel of 3 in the middle of one of 5 gives the same, one pixel further in', () => {
  for (const name of ['left-sobel', 'emboss'] as const) {
    const five = correlate(image, framed(kernels[name], 5), { ...plain, padding: 2 });
    assert.deepEqual(five, correlate(image, kernels[name], { ...plain, padding: 1 }), name);
  }
});

test('drawings are texts of hexadecimal digits', () => {
  const drawn = matrix(4, 4, (y, x) => ((y * 4 + x) % 16) * 17);
  assert.deepEqual(readDrawing(writeDrawing(drawn), 4), drawn);
  for (const wrong of ['', 'fff', '0123456789abcdeg', '0123456789abcdef0']) assert.equal(readDrawing(wrong, 4), null);
});

test('the largest difference from rows; none where sizes differ', () => {
  const one = fromRows([[1, 2], [3, 4]]);
  assert.equal(furthest(one, [[1, 2], [3, 4.5]]), 0.5);
  assert.ok(Number.isNaN(furthest(one, [[1, 2]])) && Number.isNaN(furthest(one, [[1, null], [3, 4]])));
  assert.deepEqual(rowsOf(one), [[1, 2], [3, 4]]);
});
