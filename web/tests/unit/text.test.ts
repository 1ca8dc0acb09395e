// The text table: both languages say something, and speak of the same values.
import assert from 'node:assert/strict';
import test from 'node:test';
import { chooseLanguage, fill } from '../../src/text/say';
import { table } from '../../src/text/table';
import { keyName } from '../../src/state/key_name';

test('every text has both languages with the same values', () => {
  const values = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();
  for (const [key, [english, chinese]] of Object.entries(table)) {
    assert.ok(english.length > 0, key);
    if (key !== 'sentence.between') assert.ok(chinese.length > 0, key);
    assert.deepEqual(values(chinese), values(english), key);
  }
});

test('the browser decides the language, English is for all others', () => {
  assert.equal(chooseLanguage(['zh-TW', 'en']), 'zh-CN');
  assert.equal(chooseLanguage(['de-DE', 'zh-CN']), 'zh-CN');
  assert.equal(chooseLanguage(['de', 'en-GB', 'zh']), 'en');
  assert.equal(chooseLanguage(['fr']), 'en');
  assert.equal(chooseLanguage([]), 'en');
});

test('values are filled in, missing ones stay to be seen', () => {
  assert.equal(fill('{a} of {b}', { a: 1, b: 'x' }), '1 of x');
  assert.equal(fill('{a} of {c}', { a: 1 }), '1 of {c}');
});

test('keys have one name each', () => {
  const key = (name: string, with_: Partial<KeyboardEvent> = {}) => keyName({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...with_ });
  assert.equal(key('w'), 'w');
  assert.equal(key('?', { shiftKey: true }), '?');
  assert.equal(key('Z', { ctrlKey: true, shiftKey: true }), 'Ctrl+Shift+Z');
  assert.equal(key(' ', { shiftKey: true }), 'Shift+ ');
  assert.equal(key('ArrowUp', { altKey: true }), 'Alt+ArrowUp');
});
