// What the browser's tests share: the real server on a free port, Chromium, pictures made here, and the guards: an error
// on the console, an exception, or a request to another host fails the case that is running.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { deflateSync, crc32 as zlibCrc } from 'node:zlib';

const require = createRequire(import.meta.url);
export const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
// Who ends the tests early, leaves no server and no folder behind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

/** Why the tests cannot run here; null when they can. */
export function missing(fovea) {
  if (!existsSync(chromiumPath)) return `${chromiumPath} is not there (Debian's package chromium)`;
  if (!existsSync(fovea)) return `${fovea} is not built`;
  try {
    require.resolve('playwright-core');
    require.resolve('axe-core');
  } catch {
    return 'playwright-core and axe-core are not in web/node_modules (the build fetches them by npm)';
  }
  return null;
}

function crc32(bytes) {
  if (zlibCrc) return zlibCrc(bytes);
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function chunk(name, body) {
  const named = Buffer.concat([Buffer.from(name), body]);
  const out = Buffer.alloc(8 + named.length);
  out.writeUInt32BE(body.length, 0);
  named.copy(out, 4);
  out.writeUInt32BE(crc32(named) >>> 0, 4 + named.length);
  return out;
}

/** A PNG of side × side pixels, colour(y, x) = [r, g, b]. */
export function png(side, colour) {
  const rows = Buffer.alloc(side * (1 + 3 * side));
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) rows.set(colour(y, x), y * (1 + 3 * side) + 1 + 3 * x);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

/** A folder with pictures whose names are not simple, one broken one, and the log of a training. */
export function makeFolder() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fovea browser '));
  const pictures = path.join(folder, 'pictures');
  mkdirSync(pictures);
  writeFileSync(path.join(pictures, 'a disc.png'), png(96, (y, x) => (Math.hypot(y - 48, x - 48) < 30 ? [240, 200, 40] : [20, 40, 90])));
  writeFileSync(path.join(pictures, "b it's a ramp.png"), png(96, (y, x) => [2 * x, 2 * y, 128]));
  writeFileSync(path.join(pictures, 'c 条纹.png'), png(96, (y) => (y % 16 < 8 ? [230, 230, 230] : [30, 120, 60])));
  writeFileSync(path.join(pictures, 'd broken.png'), png(96, () => [1, 2, 3]).subarray(0, 60));
  const log = path.join(folder, 'run.jsonl');
  writeFileSync(log, trainingLines(1, 6));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return { folder, pictures, log };
}

/** Lines of epochs `from` to `to`, ten steps each. */
export function trainingLines(from, to) {
  let text = '';
  for (let epoch = from; epoch <= to; epoch++) {
    for (let step = 10 * epoch - 9; step <= 10 * epoch; step++) {
      text += JSON.stringify({ event: 'train.step', t: 't_1', step, epoch, loss: 2 / Math.sqrt(step), accuracy: 1 - 0.8 / Math.sqrt(step), learning_rate: 0.001, sps: 50, gnorm: 1 }) + '\n';
    }
    text += JSON.stringify({ event: 'train.epoch', t: 't_1', epoch, loss: 2 / epoch, accuracy: 0.5 + epoch / 100, val_loss: 2.5 / epoch, val_accuracy: 0.4 + epoch / 100, learning_rate: 0.001, sec: 2, best: 0.4 + epoch / 100, patience_left: 5 }) + '\n';
  }
  return text;
}

/** Starts the server; port 0 is a free one. Resolves with its address and what ends it. */
export function startServer(fovea, parameters, port = 0) {
  const child = spawn(fovea, ['explore', ...parameters, '--port', String(port), '--no-browser'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  process.on('exit', () => child.kill());
  return new Promise((resolve, reject) => {
    let told = '';
    child.stderr.on('data', (bytes) => (told += bytes));
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${told}`)));
    child.stdout.once('data', (bytes) => {
      const address = String(bytes).trim().split('\n')[0].replace(/\/$/, '');
      resolve({ address, pid: child.pid, port: Number(new URL(address).port), stop: () => (child.kill('SIGINT'), ended) });
    });
  });
}

export async function startBrowser() {
  const { chromium } = require('playwright-core');
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] });
}

/** A page with the guards. `faults` holds what went wrong; `expectLoss()` lets the server be away for a while. */
export async function openPage(browser, origin, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, locale: 'en', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(120000); // a busy machine is no failure
  const faults = [];
  let lossExpected = false;
  page.on('console', (message) => {
    if (message.type() === 'error' && !(lossExpected && /ERR_|Failed to load/.test(message.text()))) faults.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => faults.push(`exception: ${error}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) faults.push(`a request to ${url}`);
  });
  return { page, faults, close: () => context.close(), expectLoss: () => (lossExpected = true) };
}

const axeSource = () => readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Serious and critical findings of axe, as lines. */
export async function accessFaults(page) {
  await page.evaluate(axeSource()); // a script element is against the page's policy, rightly
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')}`);
}
