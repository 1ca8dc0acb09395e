// The list of keys, and what helps beyond them. A real dialog: focus stays within, Escape closes.
import { useEffect, useRef } from 'preact/hooks';
import { Button, Check } from './parts/controls';
import { helpOpen } from './state/dialogs';
import { keyRows, lettersOn, setLetters } from './state/keys';
import { hello } from './state/store';
import { say } from './text/say';

export function HelpDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="help-dialog" aria-labelledby="help-title" onClose={() => (helpOpen.value = false)}>
      {open && (
        <>
          <div class="card-head">
            <h2 id="help-title">{say('help.title')}</h2>
            <Button icon="close" label={say('help.close')} onClick={() => (helpOpen.value = false)} />
          </div>
          <KeyList />
          <Check label={say('help.letters')} value={lettersOn.value} onChange={setLetters} />
          <p>{say('help.mouse')}</p>
          <p>{say('help.search')}</p>
          <p class="quiet">
            fovea {hello.at.value.value?.version} · <a href="licenses.txt">{say('help.licences')}</a>
          </p>
        </>
      )}
    </dialog>
  );
}

export function KeyList() {
  return (
    <dl class="key-list">
      {keyRows.map((row) => (
        <div key={row.text}>
          <dt>
            {shownKeys(row.keys).map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dt>
          <dd>{say(row.text)}</dd>
        </div>
      ))}
    </dl>
  );
}

const signs: Record<string, string> = { ' ': 'Space', 'Shift+ ': 'Shift+Space', Escape: 'Esc', 'Alt+ArrowUp': 'Alt+↑', 'Alt+ArrowDown': 'Alt+↓', 'Ctrl+k': 'Ctrl+K', 'Ctrl+z': 'Ctrl+Z', 'Ctrl+y': 'Ctrl+Y' };

/** "1" to "9" are one entry. */
function shownKeys(keys: readonly string[]): string[] {
  if (keys.length > 4) return [`${keys[0]}–${keys[keys.length - 1]}`];
  return keys.map((key) => signs[key] ?? key);
}
