// Light, dark, or as the system says. Canvases read their colours from the style sheet and draw again when `themeDrawn`
// changes.
import { signal } from '@preact/signals';
import { keep, kept } from './kept';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const before = kept('theme');
export const theme = signal<Theme>(before === 'light' || before === 'dark' ? before : 'system');
/** Counts changes of what is on the screen. */
export const themeDrawn = signal(0);

export function setTheme(chosen: Theme): void {
  theme.value = chosen;
  keep('theme', chosen);
  if (chosen === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen;
  themeDrawn.value++;
}

export function nextTheme(): void {
  setTheme(themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'system');
}

for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
  matchMedia(query).addEventListener('change', () => themeDrawn.value++);
}

/** A colour of the style sheet, such as token('--line'). */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
