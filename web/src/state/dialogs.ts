// What lies over the page, and what the search field is asked to do from elsewhere.
import { signal } from '@preact/signals';

export const helpOpen = signal(false);
export const openHelp = (): void => {
  helpOpen.value = true;
};

export function focusSearch(): void {
  const field = document.getElementById('search-field');
  if (field instanceof HTMLInputElement) {
    field.focus();
    field.select();
  }
}
