// What the browser keeps for this page: language, theme, widths of panes. Where it may keep nothing, defaults hold.

export function kept(name: string): string | null {
  try {
    return localStorage.getItem('fovea.' + name);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem('fovea.' + name, value);
  } catch {
    // The choice then lasts as long as the page.
  }
}
