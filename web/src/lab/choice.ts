// The laboratory's choices live in the address, so that a link opens the same experiment.
import { change, view } from '../state/store';

export function choose(name: string, value: string | number): void {
  change({ rest: { ...view.peek().rest, [name]: String(value) } });
}

export function wordOf<const Words extends readonly string[]>(name: string, words: Words, fallback: Words[number]): Words[number] {
  return words.find((word) => word === view.value.rest[name]) ?? fallback;
}

/** The text as it stands in the address; '' for none. */
export const wordFrom = (name: string): string => view.value.rest[name] ?? '';

export function wholeOf(name: string, least: number, most: number, fallback: number): number {
  const value = Number(view.value.rest[name] ?? NaN);
  return Number.isInteger(value) && value >= least && value <= most ? value : fallback;
}

/** A list of numbers of this length or, where `most` is given, of up to that. */
export function numbersOf(name: string, least: number, most: number): number[] | null {
  const text = view.value.rest[name];
  const values = text ? text.split(',').map(Number) : [];
  return values.length >= least && values.length <= most && values.every(Number.isFinite) ? values : null;
}
