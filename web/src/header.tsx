// The bar at the top: model, pages, search, language, theme, help.
import { Button } from './parts/controls';
import { Icon } from './parts/icon';
import { change, hello, modelId, view } from './state/store';
import { nextTheme, theme } from './state/theme';
import { language, languages, say, setLanguage } from './text/say';
import { Search } from './search';
import { openHelp } from './state/dialogs';

export function Header() {
  const models = hello.at.value.value?.models ?? [];
  return (
    <header class="top-bar">
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), document.getElementById('main')?.focus())}>
        {say('page.skip')}
      </a>
      <span class="brand">fovea</span>
      {models.length > 1 ? (
        <label class="menu">
          <span class="unseen">{say('page.model')}</span>
          <select value={modelId.value} onChange={(event) => change({ model: event.currentTarget.value, layer: '', channel: null, place: null, camera: null, changes: [], target: null, against: null }, true)}>
            {models.map((one) => (
              <option key={one.id ?? one.name} value={one.id ?? ''} disabled={one.id === null}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
      ) : (
        <span class="model-name clip">{models[0]?.name ?? ''}</span>
      )}
      <nav class="pages" aria-label={say('page.pages')}>
        {(['x', 'train', 'lab', 'profile'] as const).map((page) => (
          <a key={page} href={`#/${page}`} aria-current={view.value.page === page ? 'page' : undefined} onClick={(event) => (event.preventDefault(), change({ page, rest: {} }, true))}>
            {say(`page.${page}`)}
          </a>
        ))}
      </nav>
      <Search />
      <span class="top-tools">
        <label class="menu">
          <span class="unseen">{say('page.language')}</span>
          <select value={language.value} onChange={(event) => setLanguage(languages.find((one) => one === event.currentTarget.value) ?? 'en')}>
            <option value="en" lang="en">
              English
            </option>
            <option value="zh-CN" lang="zh-CN">
              中文
            </option>
          </select>
        </label>
        <button type="button" class="button only-icon" title={say(`theme.${theme.value}`)} aria-label={say(`theme.${theme.value}`)} onClick={nextTheme}>
          <Icon name={theme.value} />
        </button>
        <Button icon="help" label={say('page.help')} onClick={openHelp} />
      </span>
    </header>
  );
}
