// The answer: the likeliest classes with probability and logit, how far the first is ahead, and what a change of the
// network did to them.
import { useEffect, useState } from 'preact/hooks';
import type { Answer } from '../api/types';
import { Button, ProblemNote, Segments, Slider } from '../parts/controls';
import { speak } from '../state/actions';
import { countChanges } from '../state/changes';
import { findClasses } from '../state/find';
import { number, percent, signed, whole } from '../state/numbers';
import { isStale } from '../state/resource';
import { change, classNames, progress, run, target, top, view } from '../state/store';
import { say } from '../text/say';

export function className(answer: Pick<Answer, 'c' | 'name'>): string {
  return answer.name ?? say('answer.class', { number: answer.c });
}

export function AnswerCard() {
  const loaded = top.at.value;
  const { top: k, temperature, logits } = view.value;
  const problem = run.value.problem ?? loaded.problem;
  const value = loaded.value;
  useSpokenAnswer();
  return (
    <section class="card" aria-label={say('answer.title')} id="answer" tabIndex={-1}>
      <div class="card-head">
        <h2>{say('answer.title')}</h2>
        {value && value.space !== 'plain' && value.top.some((answer) => answer.logit !== null) && (
          <Segments
            label={say('answer.numbers')}
            value={logits ? 'logits' : 'shares'}
            choices={[
              { value: 'shares', text: say('answer.shares') },
              { value: 'logits', text: say('answer.logits') },
            ]}
            onChoose={(choice) => change({ logits: choice === 'logits' })}
          />
        )}
      </div>
      {problem && <ProblemNote problem={problem} onAgain={top.again} />}
      {!value && !problem && <RunProgress />}
      {value && (
        <div class={isStale(loaded) || isStale(run.value) ? 'stale' : ''}>
          <ol class="answers">
            {value.top.map((answer) => (
              <AnswerRow key={answer.c} answer={answer} />
            ))}
          </ol>
          <p class="quiet answer-facts">
            {value.margin !== null && <span>{say('answer.margin', { margin: value.space === 'plain' ? number(value.margin, 3) : percent(value.margin) })}</span>}
            {value.entropy_bits !== null && <span>{say('answer.entropy', { bits: number(value.entropy_bits, 3) })}</span>}
            <span>{say('answer.classes', { count: whole(value.classes) })}</span>
          </p>
          <AnswerControls k={k} temperature={temperature} classes={value.classes} softmax={value.space === 'softmax'} />
          <Contrast />
        </div>
      )}
    </section>
  );
}

/** Tells in the live region what a change did: "3 channels off: brambling 18.2 % to 6.4 %". */
function useSpokenAnswer(): void {
  const first = top.at.value.value?.top[0];
  const changed = countChanges(view.value.changes);
  const stale = isStale(top.at.value);
  useEffect(() => {
    if (!first || stale) return;
    const share = top.at.peek().value?.space === 'plain' ? number(first.p) : percent(first.p);
    const now = say('answer.spoken', { name: className(first), share });
    speak(changed > 0 ? `${say('answer.changed', { count: changed })}: ${now}` : now);
  }, [first?.c, first?.p, changed, stale]);
}

function AnswerRow({ answer }: { answer: Answer }) {
  const { target: chosen, changes } = view.value;
  const all = top.at.value.value?.top ?? [];
  // Numbers that are no probabilities are shown as they are.
  const plain = top.at.value.value?.space === 'plain';
  const logits = view.value.logits && !plain;
  const shown = (value: number): string => (plain ? number(value, 4) : percent(value));
  const highest = Math.max(1e-9, ...all.map((one) => Math.abs(logits ? (one.logit ?? 0) : one.p)));
  const share = logits ? Math.abs(answer.logit ?? 0) / highest : plain ? Math.abs(answer.p) / highest : answer.p;
  const isTarget = (chosen ?? all[0]?.c) === answer.c;
  const before = changes.length > 0 && answer.delta !== undefined ? answer.p - answer.delta : null;
  const name = className(answer);
  return (
    <li class={isTarget ? 'answer target' : 'answer'}>
      <button
        type="button"
        class="answer-button"
        aria-pressed={isTarget}
        title={say('answer.explain', { name })}
        onClick={() => change({ target: answer.c })}
      >
        <span class="answer-name clip">{name}</span>
        <span class="answer-value">{logits ? number(answer.logit, 4) : shown(answer.p)}</span>
        <span class="answer-bar">
          {before !== null && !logits && !plain && <span class="answer-before" style={{ width: `${before * 100}%` }} />}
          <span class="answer-fill" style={{ width: `${Math.max(share * 100, 0.4)}%` }} />
        </span>
        <span class="answer-change">
          {before === null
            ? ''
            : plain
              ? say('answer.fromNumber', { before: shown(before), change: signed(answer.p - before, 3) })
              : say('answer.from', { share: shown(before), change: points((answer.p - before) * 100) })}
        </span>
      </button>
    </li>
  );
}

/** Percentage points with two places. */
function points(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return text === '0.00' ? '±0' : (value > 0 ? '+' : '−') + text;
}

function RunProgress() {
  const now = progress.value;
  if (now?.of) {
    return (
      <p class="quiet">
        <progress value={now.done ?? 0} max={now.of} /> {say('run.progress', { done: now.done ?? 0, of: now.of })}
      </p>
    );
  }
  return <p class="quiet">{say(run.value.busy ? 'run.running' : 'run.waiting')}</p>;
}

function AnswerControls({ k, temperature, classes, softmax }: { k: number; temperature: number; classes: number; softmax: boolean }) {
  const more = Math.min(classes, 50);
  return (
    <div class="answer-controls">
      {classes > 5 && (
        <Button label={say(k > 5 ? 'answer.fewer' : 'answer.more')} onClick={() => change({ top: k > 5 ? 5 : more })}>
          {say(k > 5 ? 'answer.fewer' : 'answer.more')}
        </Button>
      )}
      {softmax && (
        <Slider
          label={say('answer.temperature')}
          minimum={-2}
          maximum={2}
          step={0.05}
          value={Math.log(temperature)}
          shown={temperature.toFixed(2)}
          onChange={(value) => change({ temperature: Math.abs(value) < 0.03 ? 1 : Math.exp(value) })}
        />
      )}
    </div>
  );
}

/** "Why A and not B": the class that is explained, and the one it is set against. */
function Contrast() {
  const all = top.at.value.value?.top ?? [];
  const { against, tab } = view.value;
  const first = all.find((one) => one.c === target.value) ?? all[0];
  const second = all.find((one) => one.c !== first?.c);
  if (!first) return null;
  return (
    <div class="contrast">
      <Button label={say('why.open')} pressed={tab === 'why'} onClick={() => change({ tab: tab === 'why' ? 'maps' : 'why' }, true)}>
        {say('why.ask', { name: className(first) })}
      </Button>
      {second && (
        <Button
          label={say('why.notTitle')}
          pressed={against === second.c}
          onClick={() => change({ against: against === second.c ? null : second.c, tab: 'why' }, true)}
        >
          {say('why.not', { name: className(second) })}
        </Button>
      )}
    </div>
  );
}

/** A field to find any class by its name or number. */
export function ClassPicker({ label, value, onChoose, empty }: { label: string; value: number | null; onChoose(c: number | null): void; empty?: string }) {
  const [text, setText] = useState('');
  const all = top.at.value.value?.top ?? [];
  const options = new Map<number, string>(all.map((one) => [one.c, className(one)]));
  for (const one of findClasses(text, classNames.value, 30)) options.set(one.c, one.name);
  if (value !== null && !options.has(value)) options.set(value, className({ c: value, name: classNames.value.get(value) ?? null }));
  return (
    <span class="class-picker">
      <label class="menu">
        <span class="menu-label">{label}</span>
        <select value={value === null ? '' : String(value)} onChange={(event) => onChoose(event.currentTarget.value === '' ? null : Number(event.currentTarget.value))}>
          {empty !== undefined && <option value="">{empty}</option>}
          {[...options].map(([c, name]) => (
            <option key={c} value={String(c)}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <input
        type="search"
        class="text-input"
        aria-label={say('why.findClass')}
        placeholder={say('why.findClass')}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </span>
  );
}
