// The view and its address: what is written is read again, what is broken becomes the default.
import assert from 'node:assert/strict';
import test from 'node:test';
import { readAddress, start, writeAddress, type View } from '../../src/state/view';

test('the start is the shortest address', () => {
  assert.equal(writeAddress(start), '#/x');
  assert.deepEqual(readAddress(''), start);
  assert.deepEqual(readAddress('#/x'), start);
});

test('every field survives a copied address', () => {
  const view: View = {
    ...start, page: 'x', model: 'm_3f', images: ['i_91', 'i_92'], layer: 'mixed7/b2 conv&1=?#%', channel: 137, place: [6, 9], tab: 'why', fold: 'none',
    colour: 'time', camera: [120.5, -3, 0.5], sort: 'contribution', tile: 96, scale: 'fixed', low: -1.5, high: 8.25, palette: 'grey', hideSilent: true,
    top: 50, temperature: 2.5, logits: true, target: 10, against: 91, heat: 'block4_conv3', opacity: 0.35, field: false, photo: 'planes',
    changes: [
      { layer: 'a:b;c!', channels: [1, 2], how: 'zero' },
      { layer: 'conv', channels: [0], how: 'mean' },
      { layer: 'conv', channels: [7], how: -1.5 },
    ],
    rest: { kernel: 'sobel', 'odd key': 'a b&c' },
  };
  assert.deepEqual(readAddress(writeAddress(view)), view);
  assert.equal(writeAddress(readAddress(writeAddress(view))), writeAddress(view));
});

test('broken values are as if they were not there', () => {
  const view = readAddress('#/x?c=abc&tile=NaN&tab=nothing&o=x&at=1&scale=&k=&%E0%A4%A=1&low=Infinity');
  assert.deepEqual({ ...view, rest: {} }, start);
});

test('numbers stay within their limits', () => {
  assert.equal(readAddress('#/x?tile=100000').tile, 256);
  assert.equal(readAddress('#/x').tile, 0);
  assert.equal(readAddress('#/x?c=-4').channel, 0);
  assert.equal(readAddress('#/x?k=0').top, 1);
});

test('unknown pages are the explore page, unknown names are kept for their page', () => {
  assert.equal(readAddress('#/nowhere?m=m_1').page, 'x');
  assert.deepEqual(readAddress('#/lab?stride=2').rest, { stride: '2' });
});
