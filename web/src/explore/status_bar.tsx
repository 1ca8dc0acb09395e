// The line at the bottom: what the last run cost, what is changed, undo and redo, whether the server is there.
import { connected } from '../api/events';
import { reachable } from '../api/client';
import { Button } from '../parts/controls';
import { canRedo, canUndo, copied, copyLink, redoChange, setChanges, undoChange } from '../state/actions';
import { countChanges } from '../state/changes';
import { bytes, number } from '../state/numbers';
import { hello, progress, run, view } from '../state/store';
import { say } from '../text/say';

export function StatusBar() {
  const now = run.value.value;
  const working = progress.value;
  const changed = countChanges(view.value.changes);
  const server = hello.at.value.value;
  return (
    <footer class="status-bar">
      <span class="status-run">
        {run.value.busy && working?.of
          ? say('run.progress', { done: working.done ?? 0, of: working.of })
          : run.value.busy
            ? say('run.running')
            : now && say('run.done', { ms: number(now.ms ?? 0, 3), threads: server?.threads ?? 1, bytes: bytes(now.bytes ?? 0) })}
      </span>
      <span class="status-changes">{changed > 0 ? say('status.changes', { count: changed }) : say('status.noChanges')}</span>
      <span class="status-buttons">
        <Button icon="undo" label={say('status.undo')} disabled={!canUndo()} onClick={undoChange} />
        <Button icon="redo" label={say('status.redo')} disabled={!canRedo()} onClick={redoChange} />
        {changed > 0 && (
          <Button label={say('status.clear')} onClick={() => setChanges([])}>
            {say('status.clear')}
          </Button>
        )}
        <Button icon="link" label={say('status.link')} onClick={() => void copyLink()}>
          {say(copied.value ? 'status.copied' : 'status.link')}
        </Button>
      </span>
      <span class={reachable.value && connected.value !== 'lost' ? 'status-server' : 'status-server gone'}>
        <span class="dot" aria-hidden="true" />
        {say(!reachable.value || connected.value === 'lost' ? 'status.gone' : connected.value === 'open' ? 'status.connected' : 'status.connecting')}
      </span>
    </footer>
  );
}
