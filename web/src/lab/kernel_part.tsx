// A kernel swept over a picture: products and their sum, correlation and convolution, stride, padding, dilation, and the
// strip that a stride which does not fit leaves out.
import { signal } from '@preact/signals';
import { Check, Menu, Segments, Slider } from '../parts/controls';
import { plain } from '../state/numbers';
import {
  at, correlate, flipped, framed, kernels, leftOver, matrix, outputSize, padded, paddingModes, pictures, readDrawing, rowsOf, spanOf, sumOf,
  termsAt, writeDrawing,
  type KernelName, type Matrix, type PictureName, type Setting,
} from './arithmetic';
import { choose, numbersOf, wholeOf, wordFrom, wordOf } from './choice';
import { EngineCheck } from './engine_check';
import { Grid, NumberTable } from './grid';
import { sayLab } from './text';

const kernelNames = Object.keys(kernels) as KernelName[];
export const pictureNames = Object.keys(pictures) as PictureName[];
const place = signal<[number, number]>([0, 0]);
/** Where the next pixel is drawn by keys. */
const penPlace = signal<[number, number]>([0, 0]);

/** What is shown of the pictures; a drawing is in the address. */
export function chosenPicture(side: number): Matrix {
  const drawing = readDrawing(wordFrom('pixels'), side);
  if (drawing) return drawing;
  const name = wordOf('picture', pictureNames, 'disc') as PictureName;
  return matrix(side, side, (y, x) => pictures[name](y, x, side));
}

export function PictureMenu() {
  const isDrawn = wordFrom('pixels') !== '';
  const choices = isDrawn ? [...pictureNames, 'own' as const] : pictureNames;
  return (
    <Menu
      label={sayLab('picture')}
      choices={choices.map((name) => ({ value: name, text: sayLab(`picture.${name}`) }))}
      value={isDrawn ? 'own' : wordOf('picture', pictureNames, 'disc')}
      onChoose={(name) => name !== 'own' && (choose('pixels', ''), choose('picture', name))}
    />
  );
}

export function WholeSlider({ name, label, least, most, fallback }: { name: string; label: string; least: number; most: number; fallback: number }) {
  const value = wholeOf(name, least, most, fallback);
  return <Slider label={label} minimum={least} maximum={most} step={1} value={value} shown={String(value)} onChange={(next) => choose(name, next)} />;
}

/** The middle of a kernel, or it in the middle of a larger one. */
const cropped = (kernel: Matrix, side: number): Matrix => {
  const edge = Math.max(0, Math.floor((kernel.height - side) / 2));
  return side >= kernel.height ? framed(kernel, side) : matrix(side, side, (y, x) => at(kernel, y + edge, x + edge));
};

const within = (value: number, size: number): number => Math.min(Math.max(value, 0), Math.max(size - 1, 0));

export function KernelPart() {
  const side = wordOf('size', ['3', '5'], '3') === '5' ? 5 : 3;
  const own = numbersOf('weights', side * side, side * side);
  const name = wordOf('kernel', kernelNames, 'left-sobel') as KernelName;
  const typed: Matrix = own ? { height: side, width: side, values: own } : framed(kernels[name], side);
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
  const window = output.height ? kernel.values.map((_, i): [number, number] => [y * setting.stride + Math.floor(i / side) * setting.dilation, x * setting.stride + (i % side) * setting.dilation]) : [];
  const half = Math.floor(spanOf(side, setting.dilation) / 2);
  const draws = wordOf('draw', ['0', '1'], '0') === '1';
  const level = wholeOf('level', 0, 15, 15);
  const pen: [number, number] = [within(penPlace.value[0], image.height), within(penPlace.value[1], image.width)];
  const marked = draws ? [[pen[0] + setting.padding, pen[1] + setting.padding] as [number, number]] : window;
  const paint = (row: number, column: number): void => {
    if (row < 0 || column < 0 || row >= image.height || column >= image.width) return;
    penPlace.value = [row, column];
    choose('pixels', writeDrawing({ ...image, values: image.values.map((old, i) => (i === row * image.width + column ? level * 17 : old)) }));
  };
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
        <Check label={sayLab('draw')} title={sayLab('draw.title')} value={draws} onChange={(on) => choose('draw', on ? '1' : '0')} />
        {draws && <WholeSlider name="level" label={sayLab('draw.level')} least={0} most={15} fallback={15} />}
      </div>
      <div class="lab-columns">
        <figure>
          <figcaption>{sayLab(setting.padding ? 'inputPadded' : 'input', { height: whole.height, width: whole.width })}</figcaption>
          <Grid
            matrix={whole}
            name={sayLab('window', values)}
            border={setting.padding}
            left={output.height ? leftOver(image.height, side, setting) : 0}
            marked={marked}
            onStep={(dy, dx) => (draws ? void (penPlace.value = [within(pen[0] + dy, image.height), within(pen[1] + dx, image.width)]) : move(y + dy, x + dx))}
            onCell={(row, column) =>
              draws ? paint(row - setting.padding, column - setting.padding) : move(Math.round((row - half) / setting.stride), Math.round((column - half) / setting.stride))
            }
            {...(draws ? { onPress: () => paint(pen[0], pen[1]) } : {})}
          />
          <p class="quiet">{sayLab(draws ? 'draw.hint' : 'hint')}</p>
        </figure>
        <KernelCard typed={typed} own={own !== null} name={name} flip={flip} side={side} />
        <figure>
          <figcaption>{sayLab('output', { height: output.height, width: output.width })}</figcaption>
          {output.height ? (
            <Grid matrix={output} signed name={sayLab('outputName', values)} marked={[[y, x]]} onStep={(dy, dx) => move(y + dy, x + dx)} onCell={move} />
          ) : (
            <p>{sayLab('noOutput')}</p>
          )}
        </figure>
      </div>
      <Sizes side={image.height} kernel={side} setting={setting} />
      {output.height > 0 && <Products terms={termsAt(whole, kernel, setting, y, x)} y={y} x={x} />}
      <EngineCheck
        path="/lab/conv"
        ours={output}
        body={{ image: rowsOf(image), kernel: rowsOf(typed), stride: setting.stride, dilation: setting.dilation, padding: setting.padding, border: setting.mode === 'reflect' ? 'mirror' : setting.mode, flip }}
      />
      <NumberTable matrix={output} title={sayLab('numbers')} />
      <Notes keys={['note.laplacian', 'note.sobel', 'note.flip', 'note.blur', 'note.border']} />
    </>
  );
}

function KernelCard({ typed, own, name, flip, side }: { typed: Matrix; own: boolean; name: KernelName; flip: boolean; side: number }) {
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
      <Segments
        label={sayLab('kernel.size')}
        choices={['3', '5'].map((value) => ({ value, text: `${value}×${value}` }))}
        value={String(side)}
        onChoose={(next) => {
          // One's own numbers stay in the middle.
          if (own) choose('weights', weights(cropped(typed, Number(next)).values));
          choose('size', next);
        }}
      />
      <div class={side === 5 ? 'lab-weights lab-five' : 'lab-weights'}>
        {typed.values.map((value, i) => (
          <input
            key={i}
            class="number-input"
            inputMode="decimal"
            aria-label={sayLab('kernel.cell', { y: Math.floor(i / side), x: i % side })}
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
function Sizes({ side, kernel, setting }: { side: number; kernel: number; setting: Setting }) {
  const span = spanOf(kernel, setting.dilation);
  const out = outputSize(side, kernel, setting);
  const rest = leftOver(side, kernel, setting);
  const values = { side: sayLab('rows'), n: side, p: setting.padding, k: span, s: setting.stride, out, rest };
  return (
    <div class="lab-facts" role="status">
      {setting.dilation > 1 && <p>{sayLab('span', { kernel, dilation: setting.dilation, span })}</p>}
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
