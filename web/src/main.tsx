// The page begins here: which of its pages is on the screen, what lies over all of them, and what is loaded only when it
// is looked at.
import { signal } from '@preact/signals';
import { render, type ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { reachable } from './api/client';
import { connected, startEvents } from './api/events';
import { Explore, narrowPane } from './explore/explore';
import { fitGraph, zoomGraph } from './explore/graph_pane';
import { Header } from './header';
import { HelpDialog } from './help_dialog';
import { spoken } from './state/actions';
import { startKeys } from './state/keys';
import { hello, model, view } from './state/store';
import { say } from './text/say';

type Page = ComponentType;
const loaders: Record<string, () => Promise<Page>> = {
  train: async () => (await import('./train/page')).TrainPage,
  lab: async () => (await import('./lab/page')).LabPage,
  profile: async () => (await import('./profile/page')).ProfilePage,
  help: async () => (await import('./help/page')).HelpPage,
};
const loaded = signal<Record<string, Page>>({});

function CurrentPage() {
  const { page } = view.value;
  const Own = loaded.value[page];
  useEffect(() => {
    const load = loaders[page];
    if (!load || loaded.peek()[page]) return;
    void load().then((Made) => (loaded.value = { ...loaded.peek(), [page]: Made }));
  }, [page]);
  if (page === 'x') return <Explore />;
  return Own ? <Own /> : null;
}

function App() {
  const name = model.at.value.value?.name;
  const { page } = view.value;
  useEffect(() => {
    document.title = `${name ? name + ' – ' : ''}${say(`page.${page}`)} – fovea`;
  });
  return (
    <>
      <Header />
      <ServerBanner />
      <main id="main" tabIndex={-1}>
        <CurrentPage />
      </main>
      <HelpDialog />
      <div class="unseen" role="status" aria-live="polite">
        {spoken.value}
      </div>
    </>
  );
}

/** The server went away: what is on the screen stays, and the page tries again by itself. */
function ServerBanner() {
  const gone = !reachable.value || connected.value === 'lost';
  useEffect(() => {
    if (!gone) return undefined;
    const timer = setInterval(() => hello.again(), 3000);
    return () => clearInterval(timer);
  }, [gone]);
  if (!gone) return null;
  return (
    <div class="banner" role="alert">
      {say('banner.gone')}
    </div>
  );
}

addEventListener('fovea-zoom', (event) => {
  const what = (event as CustomEvent<string>).detail;
  if (what === 'fit') fitGraph();
  else zoomGraph(what === 'in' ? 1.4 : 1 / 1.4);
});
addEventListener('fovea-pane', (event) => {
  const pane = (event as CustomEvent<string>).detail;
  narrowPane.value = pane === 'graph' || pane === 'answer' ? pane : pane === 'maps' ? 'maps' : 'image';
});

startEvents();
startKeys();
const root = document.getElementById('page');
if (root) render(<App />, root);
