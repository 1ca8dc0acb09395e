// The cases, in order. Each gets { browser, server, folder, shot } and throws where something is not as it should be. Those
// marked short also run in the whole suite of tests.
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { accessFaults, openPage, trainingLines } from './support.mjs';

const layerOf = (page, name) => page.locator(`[role=treeitem][aria-label^="${name}"]`).first();

async function chooseLayer(page, name, count) {
  await layerOf(page, name).evaluate((item) => item.click());
  await page.waitForFunction(
    ([layer, wanted]) => location.hash.includes(`l=${layer}`) && (wanted === 0 || document.querySelector('.showing')?.textContent?.includes(`${wanted} of ${wanted}`)),
    [name, count],
  );
}

async function answers(page) {
  await page.waitForSelector('.answer-button');
  return page.locator('.answer-button').allInnerTexts();
}

export const cases = [
  {
    name: "the chapter's walk: open, choose a photo, first, middle and last convolution, the answer",
    short: true,
    async run({ browser, server, shot }) {
      const { page, faults, close } = await openPage(browser, server.address);
      await page.goto(server.address);
      const first = await answers(page);
      assert.equal(first.length, 5, 'five answers without a click');
      await page.locator('.thumbnail').nth(1).click();
      await page.waitForFunction((before) => [...document.querySelectorAll('.answer-button')].map((one) => one.innerText).join() !== before, first.join());
      for (const [layer, count] of [['block1_conv1', 64], ['block3_conv2', 256], ['block5_conv3', 512]]) {
        await chooseLayer(page, layer, count);
        await shot(page, `walk-${layer}`);
      }
      await chooseLayer(page, 'predictions', 0);
      await shot(page, 'walk-predictions');
      assert.deepEqual(faults, []);
      await close();
    },
  },
  {
    name: 'a deep link opens the same view',
    async run({ browser, server }) {
      const one = await openPage(browser, server.address);
      await one.page.goto(`${server.address}/#/x?l=block3_conv2&c=7&scale=channel&p=grey`);
      await one.page.waitForSelector('.tile-cell');
      const address = one.page.url();
      const other = await openPage(browser, server.address);
      await other.page.goto(address);
      await other.page.waitForSelector('.tile-cell');
      assert.equal(new URL(other.page.url()).hash, new URL(address).hash);
      assert.ok(address.includes('block3_conv2') && address.includes('c=7') && address.includes('p=grey'));
      assert.deepEqual([...one.faults, ...other.faults], []);
      await one.close();
      await other.close();
    },
  },
  {
    name: 'keys alone: next layer, theme, the laboratory',
    short: true,
    async run({ browser, server }) {
      const { page, faults, close } = await openPage(browser, server.address);
      await page.goto(`${server.address}/#/x?l=block1_conv1`);
      await answers(page);
      await page.keyboard.press(']');
      await page.waitForFunction(() => location.hash.includes('l=block1_conv2'));
      await page.keyboard.press('t');
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
      await page.goto(`${server.address}/#/lab`);
      const grid = page.locator('.lab-grid').first();
      await grid.focus();
      const before = await grid.getAttribute('aria-label');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowDown');
      await page.waitForFunction((text) => document.querySelector('.lab-grid')?.getAttribute('aria-label') !== text, before);
      assert.match((await grid.getAttribute('aria-label')) ?? '', /row 1, column 1/);
      assert.deepEqual(faults, []);
      await close();
    },
  },
  {
    name: 'numbers of the laboratory against a reference of its own, with the server gone',
    short: true,
    async run({ browser, startOwn }) {
      const own = await startOwn();
      const { page, faults, close, expectLoss } = await openPage(browser, own.address);
      await page.goto(`${own.address}/#/lab?picture=ramp&side=9&stride=2&padding=1&kernel=laplacian`);
      await page.waitForSelector('.lab-grid');
      expectLoss();
      await own.stop();
      await page.locator('.lab-table summary').click();
      const found = await page.locator('.lab-table tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => Number(cell.innerText.replace('−', '-')))));
      const pixel = (y, x) => (y < 0 || x < 0 || y > 8 || x > 8 ? 0 : Math.round((255 * (x + y)) / 16));
      for (let y = 0; y < 5; y++)
        for (let x = 0; x < 5; x++) {
          const row = 2 * y;
          const column = 2 * x;
          const wanted = pixel(row - 1, column) + pixel(row + 1, column) + pixel(row, column - 1) + pixel(row, column + 1) - 4 * pixel(row, column);
          assert.equal(found[y]?.[x], wanted, `row ${y}, column ${x}`);
        }
      for (const [stride, rest] of [[3, true], [4, false], [2, false]]) {
        await page.evaluate((hash) => (location.hash = hash), `#/lab?side=9&stride=${stride}&padding=1`);
        await page.waitForFunction((wanted) => document.querySelector('.lab-formula')?.textContent?.includes(`/ ${wanted})`), stride);
        assert.equal((await page.locator('.lab-facts .stale-note').count()) > 0, rest, `stride ${stride}`);
      }
      assert.deepEqual(faults, []);
      await close();
    },
  },
  {
    name: 'a server that goes is told, and its return too',
    async run({ browser, startOwn, shot }) {
      const own = await startOwn();
      const { page, close, expectLoss } = await openPage(browser, own.address);
      await page.goto(own.address);
      await answers(page);
      expectLoss();
      await own.stop();
      await page.waitForSelector('.banner');
      await shot(page, 'server-gone');
      assert.ok((await page.locator('.answer-button').count()) > 0, 'what was on the screen stays');
      await startOwn(own.port);
      await page.waitForSelector('.banner', { state: 'detached' });
      await close();
    },
  },
  {
    name: 'a training is drawn while it grows',
    async run({ browser, server, folder, shot }) {
      const { page, faults, close } = await openPage(browser, server.address);
      await page.goto(`${server.address}/#/train`);
      await page.waitForFunction(() => /step 60, epoch 6/.test(document.querySelector('.train-state')?.textContent ?? ''));
      appendFileSync(folder.log, trainingLines(7, 7));
      await page.waitForFunction(() => /step 70, epoch 7/.test(document.querySelector('.train-state')?.textContent ?? ''));
      await page.locator('.lab-table summary').click();
      assert.equal(await page.locator('.lab-table tbody tr').count(), 7);
      await shot(page, 'train');
      assert.deepEqual(faults, []);
      await close();
    },
  },
  ...['light', 'dark'].map((colorScheme) => ({
    name: `every page in ${colorScheme}: nothing serious for axe, no wider than the screen`,
    async run({ browser, server, shot }) {
      const { page, faults, close } = await openPage(browser, server.address, { colorScheme });
      const found = [];
      for (const hash of ['x', 'x?l=block1_conv1&c=3', 'x?l=predictions', 'train', 'lab', 'lab?part=line', 'lab?part=pooling', 'lab?part=dropout', 'lab?part=field', 'profile', 'help']) {
        await page.goto(`${server.address}/#/${hash}`);
        await page.waitForSelector('main h1, main h2, .answer-button');
        await page.waitForTimeout(300);
        await shot(page, `${hash.replace(/\W+/g, '-')}-${colorScheme}`);
        found.push(...(await accessFaults(page)).map((fault) => `${hash}: ${fault}`));
        if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push(`${hash}: wider than the screen`);
      }
      assert.deepEqual([...found, ...faults], []);
      await close();
    },
  })),
];
