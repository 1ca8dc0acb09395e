// A tick that asks the library for the same numbers and tells how far they are from the page's.
import { useEffect, useState } from 'preact/hooks';
import { Failure, postJson } from '../api/client';
import { Check } from '../parts/controls';
import { plain } from '../state/numbers';
import { furthest, type Matrix } from './arithmetic';
import { choose, wordOf } from './choice';
import { sayLab } from './text';

interface Asked {
  path: '/lab/conv' | '/lab/pool';
  body: Record<string, unknown>;
  ours: Matrix;
}

type Answer = { output: (number | null)[][] };

export function EngineCheck({ path, body, ours }: Asked) {
  const on = wordOf('engine', ['0', '1'], '0') === '1';
  const [told, tell] = useState<{ text: string; bad: boolean } | null>(null);
  const question = JSON.stringify(body);
  useEffect(() => {
    if (!on || !ours.height) return tell(null);
    const abort = new AbortController();
    postJson<Answer>(path, body, abort.signal)
      .then(({ output }) => {
        const far = furthest(ours, output);
        const size = sayLab('engine.size', { height: output.length, width: output[0]?.length ?? 0 });
        // The library computes in float32: seven digits of the largest number.
        const bad = far > 1e-5 * Math.max(1, ...ours.values.map(Math.abs));
        tell({ text: Number.isFinite(far) ? sayLab(bad ? 'engine.other' : 'engine.same', { far: plain(far, 2) }) : size, bad });
      })
      .catch((reason: unknown) => {
        if (!abort.signal.aborted) tell({ text: reason instanceof Failure ? reason.problem.detail : sayLab('engine.away'), bad: true });
      });
    return () => abort.abort();
  }, [on, path, question]);
  return (
    <div class="lab-engine">
      <Check label={sayLab('engine')} title={sayLab('engine.title')} value={on} onChange={(next) => choose('engine', next ? '1' : '0')} />
      <span role="status" class={told?.bad ? 'bad' : 'quiet'} data-engine={told ? (told.bad ? 'other' : 'same') : ''}>
        {told?.text}
      </span>
    </div>
  );
}
