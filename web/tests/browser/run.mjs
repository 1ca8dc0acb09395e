// Runs the browser's tests: the page in Chromium against the real server. Screenshots go to OUT.
//
//   node web/tests/browser/run.mjs FOVEA OUT [--short | PART-OF-A-NAME]
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { cases } from './cases.mjs';
import { makeFolder, missing, startBrowser, startServer } from './support.mjs';

const [fovea, out, ...words] = process.argv.slice(2);
const part = words.find((word) => !word.startsWith('-'));
const chosen = cases.filter((one) => (words.includes('--short') ? one.short : !part || one.name.includes(part)));
const why = missing(fovea);
if (why) {
  console.log(`the browser's tests are left out: ${why}`);
  console.log(`[  SKIPPED ] ${chosen.length} test(s).`);
  process.exit(0);
}
mkdirSync(out, { recursive: true });
const folder = makeFolder();
const parameters = ['VGG16', folder.pictures, '--weights', 'random:1', '--input-shape', '64,64,3', '--watch', folder.log];
const server = await startServer(fovea, parameters);
const browser = await startBrowser();
const running = [server];
const startOwn = async (port) => {
  const own = await startServer(fovea, parameters, port);
  running.push(own);
  return own;
};
const shot = (page, name) => page.screenshot({ path: path.join(out, `${name}.png`) });
let passed = 0;
let failed = 0;
for (const one of chosen) {
  const began = Date.now();
  try {
    await one.run({ browser, server, folder, shot, startOwn });
    passed++;
    console.log(`[       OK ] ${one.name} (${Date.now() - began} ms)`);
  } catch (error) {
    failed++;
    console.log(`[  FAILED  ] ${one.name}\n${error.stack}`);
    for (const context of browser.contexts()) {
      for (const page of context.pages()) await shot(page, `failed-${failed}`).catch(() => undefined);
      await context.close();
    }
  }
}
await browser.close();
await Promise.all(running.map((one) => one.stop()));
console.log(`[  PASSED  ] ${passed} test(s).`);
if (failed) console.log(`[  FAILED  ] ${failed} test(s).`);
process.exit(failed ? 1 : 0);
