// A kernel swept over a picture: products and their sum, correlation and convolution, stride, padding, dilation, and the
// strip that a stride which does not fit leaves out.
import { signal } from '@preact/signals';
import { Menu, Segments, Slider } from '../parts/controls';
import { plain } from '../state/numbers';
import {
  at, correlate, flipped, kernels, leftOver, matrix, outputSize, padded, paddingModes, pictures, spanOf, sumOf, termsAt,
  type KernelName, type Matrix, type PictureName, type Setting,
} from './arithmetic';
import { choose, numbersOf, wholeOf, wordOf } from './choice';
import { Grid, NumberTable } from './grid';
import { sayLab } from './text';

const kernelNames = Object.keys(kernels) as KernelName[];
export const pictureNames = Object.keys(pictures) as PictureName[];
const place = signal<[number, number]>([0, 0]);

export function chosenPicture(side: number): Matrix {
  const name = wordOf('picture', pictureNames, 'disc') as PictureName;
  return matrix(side, side, (y, x) => pictures[name](y, x, side));
}

export function PictureMenu() {
  return (
    <Menu
      label={sayLab('picture')}
      choices={pictureNames.map((name) => ({ value: name, text: sayLab(`picture.${name}`) }))}
      value={wordOf('picture', pictureNames, 'disc')}
      onChoose={(name) => choose('picture', name)}
    />
  );
}

export function WholeSlider({ name, label, least, most, fallback }: { name: string; label: string; least: number; most: number; fallback: number }) {
  const value = wholeOf(name, least, most, fallback);
  return <Slider label={label} minimum={least} maximum={most} step={1} value={value} shown={String(value)} onChange={(next) => choose(name, next)} />;
}

const within = (value: number, size: number): number => Math.min(Math.max(value, 0), Math.max(size - 1, 0));

export function KernelPart() {
  const own = numbersOf('weights', 9, 9);
  const name = wordOf('kernel', kernelNames, 'left-sobel') as KernelName;
  const typed: Matrix = own ? { height: 3, width: 3, values: own } : kernels[name];
  const flip = wordOf('flip', ['0', '1'], '0') === '1';
  const kernel = flip ? flipped(typed) : typed;
  const image = chosenPicture(wholeOf('side', 4, 14, 9));
  const setting: Setting = {
    stride: wholeOf('stride', 1, 4, 1), padding: wholeOf('padding', 0, 3, 0), mode: wordOf('border', paddingModes, 'zero'),
    dilation: wholeOf('dilation', 1, 3, 1),
  };
  const whole = padded(image, setting.padding, setting.mode);
  const output = correlate(image, kernel, setting);
  const y = within(place.value[0], output.height);
  const x = within(place.value[1], output.width);
  const move = (row: number, column: number): void => void (place.value = [within(row, output.height), within(column, output.width)]);
  const marked = output.height ? kernel.values.map((_, i): [number, number] => [y * setting.stride + Math.floor(i / 3) * setting.dilation, x * setting.stride + (i % 3) * setting.dilation]) : [];
  const half = Math.floor(spanOf(3, setting.dilation) / 2);
  const value = plain(at(output, y, x), 6);
  const values = { y, x, value };
  return (
    <>
      <div class="tools">
        <PictureMenu />
        <WholeSlider name="side" label={sayLab('side')} least={4} most={14} fallback={9} />
        <WholeSlider name="stride" label={sayLab('stride')} least={1} most={4} fallback={1} />
        <WholeSlider name="padding" label={sayLab('padding')} least={0} most={3} fallback={0} />
        <Menu label={sayLab('mode')} choices={paddingModes.map((mode) => ({ value: mode, text: sayLab(`mode.${mode}`) }))} value={setting.mode} onChoose={(mode) => choose('border', mode)} />
        <WholeSlider name="dilation" label={sayLab('dilation')} least={1} most={3} fallback={1} />
      </div>
      <div class="lab-columns">
        <figure>
          <figcaption>{sayLab(setting.padding ? 'inputPadded' : 'input', { height: whole.height, width: whole.width })}</figcaption>
          <Grid
            matrix={whole}
            name={sayLab('window', values)}
            border={setting.padding}
            left={output.height ? leftOver(image.height, 3, setting) : 0}
            marked={marked}
            onStep={(dy, dx) => move(y + dy, x + dx)}
            onCell={(row, column) => move(Math.round((row - half) / setting.stride), Math.round((column - half) / setting.stride))}
          />
          <p class="quiet">{sayLab('hint')}</p>
        </figure>
        <KernelCard typed={typed} own={own !== null} name={name} flip={flip} />
        <figure>
          <figcaption>{sayLab('output', { height: output.height, width: output.width })}</figcaption>
          {output.height ? (
            <Grid matrix={output} signed name={sayLab('outputName', values)} marked={[[y, x]]} onStep={(dy, dx) => move(y + dy, x + dx)} onCell={move} />
          ) : (
            <p>{sayLab('noOutput')}</p>
          )}
        </figure>
      </div>
      <Sizes side={image.height} setting={setting} />
      {output.height > 0 && <Products terms={termsAt(whole, kernel, setting, y, x)} y={y} x={x} />}
      <NumberTable matrix={output} title={sayLab('numbers')} />
      <Notes keys={['note.laplacian', 'note.sobel', 'note.flip', 'note.blur', 'note.border']} />
    </>
  );
}

function KernelCard({ typed, own, name, flip }: { typed: Matrix; own: boolean; name: KernelName; flip: boolean }) {
  const choices = [...kernelNames, 'own' as const].map((one) => ({ value: one, text: sayLab(`kernel.${one}`) }));
  const weights = (values: readonly number[]): string => values.map((value) => Number(value.toPrecision(8))).join(',');
  return (
    <div class="lab-kernel">
      <Menu
        label={sayLab('kernel')}
        choices={choices}
        value={own ? 'own' : name}
        onChoose={(one) => (one === 'own' ? choose('weights', weights(typed.values)) : (choose('weights', ''), choose('kernel', one)))}
      />
      <div class="lab-weights">
        {typed.values.map((value, i) => (
          <input
            key={i}
            class="number-input"
            inputMode="decimal"
            aria-label={sayLab('kernel.cell', { y: Math.floor(i / 3), x: i % 3 })}
            value={String(Number(value.toPrecision(4)))}
            onChange={(event) => {
              const next = Number(event.currentTarget.value.replace(',', '.'));
              if (Number.isFinite(next)) choose('weights', weights(typed.values.map((old, k) => (k === i ? next : old))));
              else event.currentTarget.value = String(value);
            }}
          />
        ))}
      </div>
      <p class="quiet">{sayLab('kernel.sum', { sum: plain(typed.values.reduce((sum, value) => sum + value, 0)) })}</p>
      <FlipChoice flip={flip} />
    </div>
  );
}

export function FlipChoice({ flip }: { flip: boolean }) {
  return (
    <Segments
      label={sayLab('flip')}
      choices={[
        { value: '0', text: sayLab('flip.off'), title: sayLab('flip.offTitle') },
        { value: '1', text: sayLab('flip.on'), title: sayLab('flip.onTitle') },
      ]}
      value={flip ? '1' : '0'}
      onChoose={(next) => choose('flip', next)}
    />
  );
}

/** The size of the output as a formula, and what the stride leaves out. */
function Sizes({ side, setting }: { side: number; setting: Setting }) {
  const span = spanOf(3, setting.dilation);
  const out = outputSize(side, 3, setting);
  const rest = leftOver(side, 3, setting);
  const values = { side: sayLab('rows'), n: side, p: setting.padding, k: span, s: setting.stride, out, rest };
  return (
    <div class="lab-facts" role="status">
      {setting.dilation > 1 && <p>{sayLab('span', { kernel: 3, dilation: setting.dilation, span })}</p>}
      <p class="lab-formula">{sayLab(out ? 'formula' : 'formulaNone', values)}</p>
      {out > 0 && <p class={rest ? 'stale-note' : 'quiet'}>{sayLab(rest ? 'rest' : 'fits', values)}</p>}
    </div>
  );
}

function Products({ terms, y, x }: { terms: { pixel: number; weight: number }[]; y: number; x: number }) {
  return (
    <div class="lab-facts">
      <h2>{sayLab('products', { y, x })}</h2>
      <p class="lab-products">
        {terms.map(({ pixel, weight }, i) => (
          <span key={i}>
            {i > 0 && ' + '}
            {plain(pixel, 4)}·{weight < 0 ? `(${plain(weight, 4)})` : plain(weight, 4)}
          </span>
        ))}{' '}
        = <strong data-sum={sumOf(terms)}>{plain(sumOf(terms), 6)}</strong>
      </p>
    </div>
  );
}

export function Notes({ keys }: { keys: Parameters<typeof sayLab>[0][] }) {
  return (
    <section aria-label={sayLab('notes')}>
      <h2>{sayLab('notes')}</h2>
      <ul>
        {keys.map((key) => (
          <li key={key}>{sayLab(key)}</li>
        ))}
      </ul>
    </section>
  );
}
