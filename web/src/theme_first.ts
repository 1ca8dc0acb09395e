// Loaded in the head, before anything is painted: the theme that was chosen last is there from the first pixel on.
try {
  const chosen = localStorage.getItem('fovea.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['theme'] = chosen;
} catch {
  // A browser that keeps nothing follows the system.
}
