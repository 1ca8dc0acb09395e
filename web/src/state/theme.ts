// Light, dark, or as the system says. Canvases read their colours from the style sheet and draw again when `themeDrawn`
// changes.
import { effect, signal } from '@preact/signals';
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

const resolved = new Map<string, string>();
let probe: HTMLElement | null = null;
effect(() => {
  themeDrawn.value;
  resolved.clear();
});

/** A colour of the style sheet as canvases understand it, such as colour('--line'). */
export function colour(name: string): string {
  const before = resolved.get(name);
  if (before !== undefined) return before;
  if (!probe) {
    probe = document.createElement('span');
    probe.className = 'unseen';
    probe.setAttribute('aria-hidden', 'true');
    document.body.append(probe);
  }
  probe.style.color = '';
  probe.style.color = `var(${name})`;
  const value = getComputedStyle(probe).color;
  resolved.set(name, value);
  return value;
}

/** The page's type face, for texts on canvases. */
export function typeFace(): string {
  return getComputedStyle(document.documentElement).getPropertyValue('--font').trim();
}
