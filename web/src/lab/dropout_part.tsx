// Dropout: a small net whole and thinned, a new choice at every press, and the mean over many choices.
import { useEffect, useRef } from 'preact/hooks';
import { fitCanvas } from '../draw/paint';
import { Button, Check, Segments, Slider } from '../parts/controls';
import { number, percent } from '../state/numbers';
import { colour, themeDrawn, typeFace } from '../state/theme';
import { dropoutMask, dropped, randomNumbers } from './arithmetic';
import { choose, wholeOf, wordOf } from './choice';
import { Notes } from './kernel_part';
import { sayLab } from './text';

const layers = [4, 7, 7, 3];
const hidden = 14;
const passes = 200;
const next = randomNumbers(3);
const activations = Array.from({ length: hidden }, () => 0.2 + next());
const wide = 330;
const high = 250;

function drawNet(context: CanvasRenderingContext2D, left: number, on: (layer: number, unit: number) => boolean): void {
  const x = (layer: number): number => left + 30 + (layer * (wide - 60)) / (layers.length - 1);
  const y = (layer: number, unit: number): number => 34 + ((high - 44) * (unit + 0.5)) / (layers[layer] ?? 1);
  context.strokeStyle = colour('--edge');
  context.lineWidth = 0.7;
  for (let layer = 0; layer + 1 < layers.length; layer++) {
    for (let from = 0; from < (layers[layer] ?? 0); from++) {
      for (let to = 0; to < (layers[layer + 1] ?? 0); to++) {
        if (!on(layer, from) || !on(layer + 1, to)) continue;
        context.beginPath();
        context.moveTo(x(layer), y(layer, from));
        context.lineTo(x(layer + 1), y(layer + 1, to));
        context.stroke();
      }
    }
  }
  layers.forEach((count, layer) => {
    for (let unit = 0; unit < count; unit++) {
      context.beginPath();
      context.arc(x(layer), y(layer, unit), 9, 0, 2 * Math.PI);
      context.fillStyle = on(layer, unit) ? colour('--bar') : colour('--panel');
      context.strokeStyle = on(layer, unit) ? colour('--text') : colour('--line-strong');
      context.fill();
      context.stroke();
      if (on(layer, unit)) continue;
      context.beginPath();
      context.moveTo(x(layer) - 6, y(layer, unit) - 6);
      context.lineTo(x(layer) + 6, y(layer, unit) + 6);
      context.moveTo(x(layer) + 6, y(layer, unit) - 6);
      context.lineTo(x(layer) - 6, y(layer, unit) + 6);
      context.stroke();
    }
  });
}

export function DropoutPart() {
  const rate = wholeOf('rate', 0, 90, 50) / 100;
  const seed = wholeOf('mask', 0, 1e9, 1);
  const training = wordOf('phase', ['training', 'testing'], 'training') === 'training';
  const scaled = wordOf('scaled', ['0', '1'], '1') === '1';
  const mask = dropoutMask(hidden, training ? rate : 0, seed);
  const canvas = useRef<HTMLCanvasElement>(null);
  themeDrawn.value;
  useEffect(() => {
    const context = canvas.current && fitCanvas(canvas.current, 2 * wide, high);
    if (!context) return;
    context.font = `12px ${typeFace()}`;
    context.fillStyle = colour('--muted');
    context.fillText(sayLab('drop.whole'), 20, 16);
    context.fillText(sayLab('drop.thinned'), wide + 20, 16);
    drawNet(context, 0, () => true);
    drawNet(context, wide, (layer, unit) => (layer === 1 ? mask[unit] : layer === 2 ? mask[7 + unit] : true) ?? true);
  });
  const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const trials = Array.from({ length: passes }, (_, i) => dropped(activations, training ? rate : 0, 1000 + i, scaled));
  const kept = average(trials.flat().map((value) => (value === 0 ? 0 : 1)));
  return (
    <>
      <div class="tools">
        <Slider label={sayLab('drop.rate')} minimum={0} maximum={90} step={5} value={rate * 100} shown={percent(rate, 0)} onChange={(value) => choose('rate', value)} />
        <Button label={sayLab('drop.new')} onClick={() => choose('mask', seed + 1)}>
          {sayLab('drop.new')}
        </Button>
        <Segments
          label={sayLab('drop.phase')}
          choices={(['training', 'testing'] as const).map((one) => ({ value: one, text: sayLab(`drop.${one}`) }))}
          value={training ? 'training' : 'testing'}
          onChoose={(one) => choose('phase', one)}
        />
        <Check label={sayLab('drop.scale')} value={scaled} onChange={(on) => choose('scaled', on ? 1 : 0)} />
      </div>
      <figure class="lab-scroll" tabIndex={0} role="group" aria-label={sayLab('part.dropout')}>
        <canvas ref={canvas} role="img" aria-label={sayLab('drop.picture', { dropped: mask.filter((on) => !on).length, all: hidden })} style={{ width: `${2 * wide}px`, height: `${high}px` }} />
        <figcaption aria-live="polite">{sayLab('drop.picture', { dropped: mask.filter((on) => !on).length, all: hidden })}</figcaption>
      </figure>
      <p>{sayLab('drop.stat', { kept: percent(kept), expected: percent(training ? 1 - rate : 1), mean: number(average(trials.flat()), 3), full: number(average(activations), 3) })}</p>
      <Notes keys={['drop.note']} />
    </>
  );
}
