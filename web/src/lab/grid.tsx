// A matrix as a canvas of coloured cells with their numbers in them; a window over it is moved by dragging and by the
// arrow keys. Gray for pixels, blue and orange for what has a sign.
import { useEffect, useRef } from 'preact/hooks';
import { fitCanvas, hatch } from '../draw/paint';
import { plain } from '../state/numbers';
import { colour, themeDrawn, typeFace } from '../state/theme';
import { at, type Matrix } from './arithmetic';

export interface GridProps {
  matrix: Matrix;
  /** Told to those who do not see it; changes with the window. */
  name: string;
  signed?: boolean;
  /** Width of the border that padding made. */
  border?: number;
  /** Rows and columns at the end that nothing covers. */
  left?: number;
  /** Places the window looks at, as [y, x], and the box around them. */
  marked?: [number, number][];
  winner?: [number, number] | null;
  /** Asked to go by so many steps, or to the cell (y, x). */
  onStep?(y: number, x: number): void;
  onCell?(y: number, x: number): void;
  /** Enter or the space bar. */
  onPress?(): void;
}

function cellColour(value: number, largest: number, signed: boolean): [string, string] {
  if (!signed) {
    const gray = Math.round(Math.min(Math.max(value, 0), 255));
    return [`rgb(${gray} ${gray} ${gray})`, gray > 127 ? '#000' : '#fff'];
  }
  const share = largest > 0 ? Math.min(1, Math.abs(value) / largest) : 0;
  const mix = (end: number): number => Math.round(255 + (end - 255) * share);
  const [r, g, b] = value < 0 ? [176, 78, 10] : [20, 90, 170];
  return [`rgb(${mix(r ?? 0)} ${mix(g ?? 0)} ${mix(b ?? 0)})`, share > 0.55 ? '#fff' : '#000'];
}

function draw(canvas: HTMLCanvasElement, props: GridProps): void {
  const { matrix, signed = false, border = 0, left = 0, marked = [], winner = null } = props;
  const size = cellSize(matrix);
  const wide = matrix.width * size;
  const high = matrix.height * size;
  const context = fitCanvas(canvas, wide, high);
  if (!context) return;
  const largest = Math.max(...matrix.values.map(Math.abs), 1e-12);
  context.font = `${Math.min(11, size * 0.36)}px ${typeFace()}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (let y = 0; y < matrix.height; y++) {
    for (let x = 0; x < matrix.width; x++) {
      const value = at(matrix, y, x);
      const inBorder = y < border || x < border || y >= matrix.height - border || x >= matrix.width - border;
      const [back, ink] = cellColour(value, largest, signed);
      context.fillStyle = inBorder ? colour('--group') : back;
      context.fillRect(x * size, y * size, size - 1, size - 1);
      context.fillStyle = inBorder ? colour('--muted') : ink;
      if (size >= 22) context.fillText(plain(value, 3), (x + 0.5) * size, (y + 0.5) * size);
    }
  }
  if (left > 0) {
    hatch(context, wide - left * size, 0, left * size, high, colour('--danger'));
    hatch(context, 0, high - left * size, wide - left * size, left * size, colour('--danger'));
  }
  const first = marked[0];
  const last = marked[marked.length - 1];
  if (!first || !last) return;
  context.strokeStyle = colour('--accent');
  context.lineWidth = 1.5;
  for (const [y, x] of marked) context.strokeRect(x * size + 1, y * size + 1, size - 3, size - 3);
  context.lineWidth = 3;
  context.strokeRect(first[1] * size, first[0] * size, (last[1] - first[1] + 1) * size - 1, (last[0] - first[0] + 1) * size - 1);
  if (!winner) return;
  context.strokeStyle = colour('--danger');
  context.strokeRect(winner[1] * size + 3, winner[0] * size + 3, size - 7, size - 7);
}

const cellSize = (matrix: Matrix): number => Math.max(12, Math.min(34, Math.floor(360 / Math.max(matrix.width, matrix.height, 1))));

const steps: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export function Grid(props: GridProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  themeDrawn.value;
  useEffect(() => {
    if (canvas.current) draw(canvas.current, props);
  });
  const size = cellSize(props.matrix);
  const point = (event: PointerEvent): void => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    props.onCell?.(Math.floor((event.clientY - box.top) / size), Math.floor((event.clientX - box.left) / size));
  };
  return (
    <canvas
      ref={canvas}
      class="lab-grid"
      role="img"
      tabIndex={props.onStep ? 0 : undefined}
      aria-label={props.name}
      style={{ width: `${props.matrix.width * size}px`, height: `${props.matrix.height * size}px` }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        point(event);
      }}
      onPointerMove={(event) => event.buttons & 1 && point(event)}
      onKeyDown={(event) => {
        const step = steps[event.key];
        if (props.onPress && (event.key === 'Enter' || event.key === ' ')) {
          event.preventDefault();
          event.stopPropagation();
          return props.onPress();
        }
        if (!step || !props.onStep) return;
        event.preventDefault();
        props.onStep(...step);
      }}
    />
  );
}

/** The same numbers for those who read rather than look. */
export function NumberTable({ matrix, title }: { matrix: Matrix; title: string }) {
  return (
    <details class="lab-table">
      <summary>{title}</summary>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={title}>
        <table class="numbers">
          <tbody>
            {Array.from({ length: matrix.height }, (_, y) => (
              <tr key={y}>
                {Array.from({ length: matrix.width }, (_, x) => (
                  <td key={x}>{plain(at(matrix, y, x), 6)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
