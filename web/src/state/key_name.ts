// One name for each key with what is held beside it.

/** "Ctrl+Shift+Z", "Alt+ArrowUp", "w". */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): string {
  const shift = event.shiftKey && (event.key.length > 1 || event.key === ' ' || event.ctrlKey || event.metaKey);
  return (event.ctrlKey || event.metaKey ? 'Ctrl+' : '') + (event.altKey ? 'Alt+' : '') + (shift ? 'Shift+' : '') + event.key;
}
