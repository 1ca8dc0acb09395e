// Pooling: which pixel wins in each window, and what stays when the picture moves by one.
import { signal } from '@preact/signals';
import { Button, Segments } from '../parts/controls';
import { plain } from '../state/numbers';
import { at, leftOver, matrix, pool, poolOf, poolings, rowsOf, windowPlaces, type Matrix } from './arithmetic';
import { choose, wholeOf, wordOf } from './choice';
import { EngineCheck } from './engine_check';
import { Grid, NumberTable } from './grid';
import { chosenPicture, Notes, PictureMenu, WholeSlider } from './kernel_part';
import { sayLab } from './text';

const place = signal<[number, number]>([0, 0]);
const within = (value: number, size: number): number => Math.min(Math.max(value, 0), Math.max(size - 1, 0));

/** The picture moved to the right; what leaves comes in again on the left. */
const moved = (image: Matrix, by: number): Matrix => matrix(image.height, image.width, (y, x) => at(image, y, (x - by + image.width) % image.width));

export function PoolingPart() {
  const how = wordOf('how', poolings, 'max');
  const window = wholeOf('window', 2, 4, 2);
  const stride = wholeOf('stride', 1, 4, 2);
  const shift = wholeOf('moved', 0, 3, 0);
  const still = chosenPicture(wholeOf('side', 4, 14, 9));
  const image = moved(still, shift);
  const output = pool(image, window, stride, how);
  const before = pool(still, window, stride, how);
  const same = output.values.filter((value, i) => value === before.values[i]).length;
  const y = within(place.value[0], output.height);
  const x = within(place.value[1], output.width);
  const move = (row: number, column: number): void => void (place.value = [within(row, output.height), within(column, output.width)]);
  const marked = windowPlaces(window, stride, y, x);
  const values = marked.map(([row, column]) => at(image, row, column));
  const result = poolOf(values, how);
  const winner = how === 'average' ? null : (marked[values.indexOf(result)] ?? null);
  const told = { y, x, value: plain(result) };
  const setting = { stride, padding: 0, mode: 'zero', dilation: 1 } as const;
  return (
    <>
      <div class="tools">
        <PictureMenu />
        <WholeSlider name="side" label={sayLab('side')} least={4} most={14} fallback={9} />
        <Segments label={sayLab('pool.how')} choices={poolings.map((one) => ({ value: one, text: sayLab(`pool.${one}`) }))} value={how} onChoose={(one) => choose('how', one)} />
        <WholeSlider name="window" label={sayLab('pool.window')} least={2} most={4} fallback={2} />
        <WholeSlider name="stride" label={sayLab('stride')} least={1} most={4} fallback={2} />
        <Button label={sayLab('pool.nudge')} onClick={() => choose('moved', (shift + 1) % 4)}>
          {sayLab('pool.nudge')}
        </Button>
      </div>
      <div class="lab-columns">
        <figure>
          <figcaption>{sayLab('input', { height: image.height, width: image.width })}</figcaption>
          <Grid
            matrix={image}
            name={sayLab('window', told)}
            left={leftOver(image.height, window, setting)}
            marked={marked}
            winner={winner}
            onStep={(dy, dx) => move(y + dy, x + dx)}
            onCell={(row, column) => move(Math.floor(row / stride), Math.floor(column / stride))}
          />
          <p class="quiet">{sayLab('hint')}</p>
        </figure>
        <figure>
          <figcaption>{sayLab('output', { height: output.height, width: output.width })}</figcaption>
          <Grid matrix={output} name={sayLab('outputName', told)} marked={[[y, x]]} onStep={(dy, dx) => move(y + dy, x + dx)} onCell={move} />
        </figure>
      </div>
      <div class="lab-facts" role="status">
        <p class="lab-products">{sayLab('pool.values', { how: sayLab(`pool.${how}`), values: values.map((value) => plain(value)).join(', '), result: plain(result, 5) })}</p>
        <Rest side={image.height} window={window} stride={stride} />
        {shift > 0 && <p>{sayLab('pool.kept', { shift, same, all: output.values.length })}</p>}
      </div>
      <EngineCheck path="/lab/pool" ours={output} body={{ image: rowsOf(image), type: how, size: window, stride, padding: 'valid' }} />
      <NumberTable matrix={output} title={sayLab('numbers')} />
      <Notes keys={['pool.note']} />
    </>
  );
}

function Rest({ side, window, stride }: { side: number; window: number; stride: number }) {
  const setting = { stride, padding: 0, mode: 'zero', dilation: 1 } as const;
  const rest = leftOver(side, window, setting);
  const values = { n: side, p: 0, k: window, s: stride, rest };
  return <p class={rest ? 'stale-note' : 'quiet'}>{sayLab(rest ? 'rest' : 'fits', values)}</p>;
}
