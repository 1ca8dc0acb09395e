// How the receptive field grows with every layer, and why two small kernels cost less than one large one.
import { useEffect, useRef } from 'preact/hooks';
import { fitCanvas } from '../draw/paint';
import { Button } from '../parts/controls';
import { percent, whole } from '../state/numbers';
import { colour, themeDrawn } from '../state/theme';
import { fields, type Block } from './arithmetic';
import { choose, wholeOf } from './choice';
import { WholeSlider } from './kernel_part';
import { sayLab } from './text';
import { view } from '../state/store';

const kinds: Record<string, Block> = { a: { kernel: 3, stride: 1 }, b: { kernel: 5, stride: 1 }, c: { kernel: 3, stride: 2 }, d: { kernel: 2, stride: 2 } };
const most = 10;

function blockName(block: Block): string {
  if (block.kernel === 2) return sayLab('field.pool');
  return sayLab(block.stride > 1 ? 'field.strided' : 'field.conv', { k: block.kernel });
}

/** The stack in the address: one letter a layer. */
function chosenLetters(): string[] {
  return [...(view.value.rest['stack'] ?? 'aaa')].filter((letter) => letter in kinds).slice(0, most);
}

function drawCone(canvas: HTMLCanvasElement, grown: { size: number; step: number }[]): void {
  const rows = grown.length + 1;
  const wide = 640;
  const rowHeight = 26;
  const context = fitCanvas(canvas, wide, rows * rowHeight + 8);
  if (!context) return;
  const total = grown[grown.length - 1]?.size ?? 1;
  const unit = Math.min(20, (wide - 20) / total);
  const middle = wide / 2;
  // From the output down: how many values of each layer the one output sees.
  for (let row = 0; row < rows; row++) {
    const depth = grown.length - row;
    const step = depth ? (grown[depth - 1]?.step ?? 1) : 1;
    const seen = depth ? (grown[depth - 1]?.size ?? 1) : 1;
    const count = Math.round((total - seen) / step) + 1;
    const pitch = unit * step;
    const left = middle - (count * pitch) / 2;
    context.fillStyle = colour(row === 0 ? '--bar' : '--accent-soft');
    context.strokeStyle = colour('--accent');
    context.lineWidth = 1;
    for (let i = 0; i < count; i++) {
      context.fillRect(left + i * pitch, row * rowHeight + 4, pitch - 1, 18);
      if (pitch > 4) context.strokeRect(left + i * pitch + 0.5, row * rowHeight + 4.5, pitch - 2, 17);
    }
  }
}

export function FieldPart() {
  const letters = chosenLetters();
  const blocks = letters.map((letter) => kinds[letter]).filter((block): block is Block => block !== undefined);
  const grown = fields(blocks);
  const canvas = useRef<HTMLCanvasElement>(null);
  themeDrawn.value;
  useEffect(() => {
    if (canvas.current) drawCone(canvas.current, grown);
  });
  const channels = wholeOf('channels', 1, 512, 64);
  const one = 25 * channels ** 2;
  const two = 18 * channels ** 2;
  const told = sayLab('field.picture', { count: blocks.length, size: grown[grown.length - 1]?.size ?? 1 });
  return (
    <>
      <div class="tools" role="group" aria-label={sayLab('field.add')}>
        <span class="menu-label">{sayLab('field.add')}</span>
        {Object.entries(kinds).map(([letter, block]) => (
          <Button key={letter} label={blockName(block)} disabled={letters.length >= most} onClick={() => choose('stack', letters.join('') + letter)}>
            {blockName(block)}
          </Button>
        ))}
        <Button label={sayLab('field.remove')} disabled={letters.length <= 1} onClick={() => choose('stack', letters.slice(0, -1).join(''))}>
          {sayLab('field.remove')}
        </Button>
      </div>
      <figure class="lab-scroll" tabIndex={0} role="group" aria-label={sayLab('part.field')}>
        <canvas ref={canvas} role="img" aria-label={told} style={{ width: '640px', height: `${(blocks.length + 1) * 26 + 8}px` }} />
        <figcaption aria-live="polite">{told}</figcaption>
      </figure>
      <table class="numbers lab-narrow">
        <thead>
          <tr>
            <th scope="col" class="start">
              {sayLab('field.layer')}
            </th>
            <th scope="col">{sayLab('field.sees')}</th>
            <th scope="col">{sayLab('field.step')}</th>
          </tr>
        </thead>
        <tbody>
          {blocks.map((block, i) => (
            <tr key={i}>
              <th scope="row">{`${i + 1}  ${blockName(block)}`}</th>
              <td>{`${grown[i]?.size}×${grown[i]?.size}`}</td>
              <td>{grown[i]?.step}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="tools">
        <WholeSlider name="channels" label={sayLab('field.channels')} least={1} most={512} fallback={64} />
      </div>
      <p>{sayLab('field.compare', { c: channels, one: whole(one), two: whole(two), less: percent(1 - two / one, 0) })}</p>
    </>
  );
}
