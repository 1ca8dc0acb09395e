// Convolution in one dimension, in its four steps: flip, shift, multiply, sum.
import { plain } from '../state/numbers';
import { convolveLine } from './arithmetic';
import { choose, numbersOf, wholeOf, wordOf } from './choice';
import { FlipChoice, WholeSlider } from './kernel_part';
import { sayLab } from './text';

const firstSignal = [0, 1, 2, 3, 3, 1, 0, 2];
const firstKernel = [1, 0, -1];

function Values({ name, label, values }: { name: string; label: string; values: number[] }) {
  return (
    <div class="lab-row" role="group" aria-label={label}>
      <span class="lab-row-name">{label}</span>
      {values.map((value, i) => (
        <input
          key={i}
          class="number-input lab-small"
          inputMode="decimal"
          aria-label={sayLab('line.value', { name: label, n: i })}
          value={String(value)}
          onChange={(event) => {
            const next = Number(event.currentTarget.value.replace(',', '.'));
            if (Number.isFinite(next)) choose(name, values.map((old, k) => (k === i ? next : old)).join(','));
            else event.currentTarget.value = String(value);
          }}
        />
      ))}
    </div>
  );
}

export function LinePart() {
  const signal = numbersOf('signal', 2, 16) ?? firstSignal;
  const kernel = numbersOf('line', 1, 7) ?? firstKernel;
  const flip = wordOf('flip', ['0', '1'], '1') === '1';
  const sums = convolveLine(signal, kernel, flip);
  const shift = wholeOf('shift', 0, sums.length - 1, 2);
  const applied = flip ? [...kernel].reverse() : kernel;
  const begin = shift - kernel.length + 1;
  const places = Array.from({ length: signal.length + 2 * (kernel.length - 1) }, (_, i) => i - kernel.length + 1);
  const weightAt = (n: number): number | undefined => applied[n - begin];
  const cell = (value: number | undefined) => (value === undefined ? '' : plain(value));
  const largest = Math.max(...sums.map(Math.abs), 1e-12);
  return (
    <>
      <Values name="signal" label={sayLab('line.signal')} values={signal} />
      <Values name="line" label={sayLab('line.kernel')} values={kernel} />
      <div class="tools">
        <FlipChoice flip={flip} />
        <WholeSlider name="shift" label={sayLab('line.shift')} least={0} most={sums.length - 1} fallback={2} />
      </div>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={sayLab('part.line')}>
        <table class="numbers">
          <tbody>
            <Row name={sayLab('line.place')} cells={places.map(String)} />
            <Row name={sayLab('line.signal')} cells={places.map((n) => cell(signal[n] ?? 0))} />
            <Row name={sayLab(flip ? 'line.step1' : 'line.step1Off')} cells={places.map((_, i) => cell(applied[i]))} />
            <Row name={sayLab('line.step2')} cells={places.map((n) => cell(weightAt(n)))} />
            <Row name={sayLab('line.step3')} cells={places.map((n) => (weightAt(n) === undefined ? '' : cell((signal[n] ?? 0) * (weightAt(n) ?? 0))))} />
          </tbody>
        </table>
      </div>
      <p role="status">
        {sayLab('line.step4')}: <strong>{plain(sums[shift])}</strong>
      </p>
      <h2>{sayLab('line.all')}</h2>
      <ol class="lab-bars" aria-label={sayLab('line.all')}>
        {sums.map((sum, i) => (
          <li key={i} aria-current={i === shift ? 'true' : undefined}>
            <span class="lab-bar-room">
              <span class={sum < 0 ? 'unit-fill negative' : 'unit-fill'} style={{ width: `${(Math.abs(sum) / largest) * 100}%` }} />
            </span>
            {plain(sum)}
          </li>
        ))}
      </ol>
      <p class="quiet">{sayLab('line.note', { n: signal.length, k: kernel.length, out: sums.length })}</p>
    </>
  );
}

function Row({ name, cells }: { name: string; cells: string[] }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {cells.map((text, i) => (
        <td key={i}>{text}</td>
      ))}
    </tr>
  );
}
