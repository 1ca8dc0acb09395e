// Small controls that every pane uses: a choice of few as buttons in a row, a choice of many as a menu, a slider, a
// problem told in place.
import type { ComponentChildren } from 'preact';
import type { Problem } from '../api/types';
import { say, sayIfKnown } from '../text/say';
import { Icon, type IconName } from './icon';

interface ChoiceProps<Choice extends string> {
  label: string;
  choices: readonly { value: Choice; text: string; title?: string }[];
  value: Choice;
  onChoose(choice: Choice): void;
}

/** Buttons in a row of which one is pressed. */
export function Segments<Choice extends string>({ label, choices, value, onChoose }: ChoiceProps<Choice>) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          class="segment"
          aria-pressed={choice.value === value}
          title={choice.title}
          onClick={() => onChoose(choice.value)}
        >
          {choice.text}
        </button>
      ))}
    </div>
  );
}

/** A drop-down list with its label before it. */
export function Menu<Choice extends string>({ label, choices, value, onChoose, hideLabel }: ChoiceProps<Choice> & { hideLabel?: boolean }) {
  return (
    <label class="menu">
      <span class={hideLabel ? 'unseen' : 'menu-label'}>{label}</span>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value as Choice)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.text}
          </option>
        ))}
      </select>
    </label>
  );
}

interface SliderProps {
  label: string;
  minimum: number;
  maximum: number;
  step: number;
  value: number;
  shown: string;
  onChange(value: number): void;
}

export function Slider({ label, minimum, maximum, step, value, shown, onChange }: SliderProps) {
  return (
    <label class="slider">
      <span class="menu-label">{label}</span>
      <input
        type="range"
        min={minimum}
        max={maximum}
        step={step}
        value={value}
        aria-valuetext={shown}
        onInput={(event) => onChange(Number(event.currentTarget.value))}
      />
      <span class="slider-value">{shown}</span>
    </label>
  );
}

export function Check({ label, value, onChange, title }: { label: string; value: boolean; onChange(value: boolean): void; title?: string }) {
  return (
    <label class="check" title={title}>
      <input type="checkbox" checked={value} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

interface ButtonProps {
  icon?: IconName;
  /** Told to those who do not see the icon; shown as a hint. */
  label: string;
  children?: ComponentChildren;
  onClick(): void;
  disabled?: boolean;
  pressed?: boolean;
}

export function Button({ icon, label, children, onClick, disabled, pressed }: ButtonProps) {
  return (
    <button
      type="button"
      class={children ? 'button' : 'button only-icon'}
      aria-label={children ? undefined : label}
      title={label}
      disabled={disabled}
      aria-pressed={pressed}
      onClick={onClick}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A problem where it belongs: what happened, what helps. */
export function ProblemNote({ problem, onAgain }: { problem: Problem; onAgain?: () => void }) {
  return (
    <div class="problem" role="alert">
      <Icon name="warning" />
      <div>
        <strong>{sayIfKnown(`problem.${problem.code}`) ?? problem.title}</strong>
        <p lang="en">{problem.detail}</p>
        {problem.where && <p lang="en">{problem.where}</p>}
        {problem.hint && <p lang="en">{problem.hint}</p>}
        {onAgain && (
          <button type="button" class="button" onClick={onAgain}>
            {say('problem.again')}
          </button>
        )}
      </div>
    </div>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}
