// The search field: layers, channels, conditions and classes, as a combo box whose list arrow keys walk.
import { useEffect, useState } from 'preact/hooks';
import { Icon } from './parts/icon';
import { chooseChannel, chooseLayer } from './state/actions';
import { find, findClasses } from './state/find';
import { change, classNames, graph, layerId, rowsByLayer, view } from './state/store';
import { say } from './text/say';

interface Row {
  key: string;
  name: string;
  detail: string;
  go(): void;
}

export function Search() {
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  useEffect(() => setAt(0), [text]);

  const rows: Row[] = find(text, graph.at.value.value?.nodes ?? [], rowsByLayer.value).map((found) => ({
    key: `${found.layer}/${found.channel ?? ''}`,
    name: found.channel === null ? found.layer : `${found.layer} / ${found.channel}`,
    detail: found.text,
    go() {
      if (view.peek().page !== 'x') change({ page: 'x' });
      chooseLayer(found.layer);
      if (found.channel !== null) chooseChannel(found.channel);
    },
  }));
  const bare = /^#(\d+)$/.exec(text.trim());
  if (bare) {
    const channel = Number(bare[1]);
    rows.unshift({ key: `#${channel}`, name: `${layerId.value} / ${channel}`, detail: say('search.channel'), go: () => chooseChannel(channel) });
  }
  for (const one of findClasses(text, classNames.value, 12)) {
    rows.push({ key: `class/${one.c}`, name: one.name, detail: say('search.class', { number: one.c }), go: () => change({ target: one.c, tab: 'why', page: 'x' }, true) });
  }

  const go = (row: Row | undefined): void => {
    if (!row) return;
    row.go();
    setOpen(false);
    document.getElementById('search-field')?.blur();
  };
  const keys = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      setAt(Math.min(Math.max(at + (event.key === 'ArrowDown' ? 1 : -1), 0), Math.max(rows.length - 1, 0)));
    } else if (event.key === 'Enter') go(rows[at]);
    else if (event.key === 'Escape') {
      if (open && text !== '') setText('');
      setOpen(false);
    }
  };
  const shown = open && text.trim() !== '';
  return (
    <div class="search" role="search">
      <Icon name="search" />
      <input
        id="search-field"
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        aria-label={say('search.label')}
        aria-expanded={shown}
        aria-controls="search-list"
        aria-autocomplete="list"
        aria-activedescendant={shown && rows.length > 0 ? `found-${at}` : undefined}
        placeholder={say('search.placeholder')}
        value={text}
        onInput={(event) => (setText(event.currentTarget.value), setOpen(true))}
        onFocus={() => setOpen(true)}
        onBlur={() => setTimeout(() => setOpen(false), 150)}
        onKeyDown={keys}
      />
      <kbd aria-hidden="true">/</kbd>
      <ul id="search-list" class="search-list" role="listbox" aria-label={say('search.label')} hidden={!shown}>
        {shown && rows.length === 0 && <li class="quiet">{say('search.none')}</li>}
        {shown &&
          rows.map((row, index) => (
            <li key={row.key} id={`found-${index}`} role="option" aria-selected={index === at} onMouseDown={(event) => (event.preventDefault(), go(row))}>
              <span class="clip">{row.name}</span>
              <span class="quiet clip">{row.detail}</span>
            </li>
          ))}
      </ul>
    </div>
  );
}
