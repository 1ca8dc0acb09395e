// The page's language: chosen by the browser's, changed in the header, kept. say(key) gives a text of the table; {name}
// in it is replaced by a value.
import { effect, signal } from '@preact/signals';
import { keep, kept } from '../state/kept';
import { table, type Key } from './table';

export const languages = ['en', 'zh-CN'] as const;
export type Language = (typeof languages)[number];

/** The language of a reader whose browser prefers `wanted`, in that order. */
export function chooseLanguage(wanted: readonly string[]): Language {
  for (const language of wanted) {
    if (/^zh\b/i.test(language)) return 'zh-CN';
    if (/^en\b/i.test(language)) return 'en';
  }
  return 'en';
}

const before = kept('language');
export const language = signal<Language>(
  languages.find((known) => known === before) ?? chooseLanguage(globalThis.navigator?.languages ?? []),
);

if (typeof document !== 'undefined') {
  effect(() => {
    document.documentElement.lang = language.value;
  });
}

export function setLanguage(chosen: Language): void {
  language.value = chosen;
  keep('language', chosen);
}

export type Values = Record<string, string | number>;

export function say(key: Key, values?: Values): string {
  return fill(table[key][languages.indexOf(language.value)] ?? table[key][0], values);
}

/** A text whose key is made of parts, such as a kind of layer; null when the table has none. */
export function sayIfKnown(key: string, values?: Values): string | null {
  return key in table ? say(key as Key, values) : null;
}

/** Replaces every {name} by its value. */
export function fill(text: string, values?: Values): string {
  return values ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : text;
}

/** Speaks from a table of a page's own, which is loaded with that page. */
export function sayFrom<Table extends Record<string, readonly [english: string, chinese: string]>>(own: Table) {
  return (key: keyof Table, values?: Values): string => {
    const pair = own[key];
    return pair ? fill(pair[languages.indexOf(language.value)] ?? pair[0], values) : String(key);
  };
}
