// Layers whose output is a list of numbers: dense layers, global pooling, the softmax at the end. All units as a strip of
// cells, the largest as bars with names where the last layer has them, and how the values are spread.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { FeatureMaps } from '../api/fmap';
import { fitCanvas } from '../draw/paint';
import { paletteFor } from '../draw/palette';
import { histogramOf } from '../draw/histogram';
import { scaleOf } from '../draw/tiles';
import { useSize } from '../parts/size';
import { chooseChannel } from '../state/actions';
import { isProbability } from '../state/kinds';
import { number, percent, whole } from '../state/numbers';
import { classNames, layer, layerId, view } from '../state/store';
import { colour, themeDrawn } from '../state/theme';
import { say } from '../text/say';
import { Histogram } from './histogram';
import { Legend } from './maps_tools';
import { hoverText } from './maps_view';
import { className } from './answer_card';

export function VectorView({ block, stale }: { block: FeatureMaps; stale: boolean }) {
  const values = Array.from({ length: block.channels }, (_, index) => vectorValue(block, index));
  const facts = layer.value;
  const shares = facts !== null && isProbability(facts);
  return (
    <div class={stale ? 'vector-view stale' : 'vector-view'}>
      <UnitStrip block={block} />
      <Legend block={block} />
      <div class="vector-columns">
        <UnitBars values={values} shares={shares} />
        <div>
          <h2>{say('vector.spread')}</h2>
          <Histogram histogram={histogramOf(values)} />
        </div>
      </div>
    </div>
  );
}

/** A unit's statistics are its value, exactly. */
function vectorValue(block: FeatureMaps, index: number): number {
  return block.statistics(block.firstChannel + index).maximum;
}

/** Every unit as one small cell, row after row. */
function UnitStrip({ block }: { block: FeatureMaps }) {
  const [box, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const { palette, channel } = view.value;
  themeDrawn.value;
  const side = block.channels > 8000 ? 3 : block.channels > 2000 ? 6 : block.channels > 400 ? 9 : 14;
  const columns = Math.max(1, Math.floor(size.width / side));
  const rows = Math.ceil(block.channels / columns);
  useEffect(() => {
    if (!canvas.current || size.width === 0) return;
    const context = fitCanvas(canvas.current, size.width, rows * side);
    if (!context) return;
    const scale = scaleOf(block, block.firstChannel, { ...view.peek(), scale: view.peek().scale === 'channel' ? 'layer' : view.peek().scale });
    const table = paletteFor(palette, scale.signed);
    const span = scale.high - scale.low || 1;
    const gap = side > 5 ? 1 : 0;
    for (let index = 0; index < block.channels; index++) {
      const value = vectorValue(block, index);
      const packed = table[Math.round(Math.max(0, Math.min(1, (value - scale.low) / span)) * 255)] ?? 0;
      context.fillStyle = `rgb(${packed & 255} ${(packed >> 8) & 255} ${(packed >> 16) & 255})`;
      context.fillRect((index % columns) * side, Math.floor(index / columns) * side, side - gap, side - gap);
    }
    if (channel !== null && channel < block.channels) {
      context.strokeStyle = colour('--accent');
      context.lineWidth = 2;
      context.strokeRect((channel % columns) * side - 1, Math.floor(channel / columns) * side - 1, side + 1, side + 1);
    }
    performance.mark('maps-drawn');
  });
  const unitAt = (event: MouseEvent): number | null => {
    const place = canvas.current?.getBoundingClientRect();
    if (!place) return null;
    const index = Math.floor((event.clientY - place.top) / side) * columns + Math.floor((event.clientX - place.left) / side);
    return index >= 0 && index < block.channels ? index : null;
  };
  return (
    <div ref={box} class="unit-strip">
      <canvas
        ref={canvas}
        role="img"
        aria-label={say('vector.strip', { count: block.channels, layer: layerId.value })}
        style={{ height: `${rows * side}px` }}
        onMouseMove={(event) => {
          const unit = unitAt(event);
          hoverText.value = unit === null ? '' : say('vector.hover', { unit, value: number(vectorValue(block, unit)) });
        }}
        onMouseLeave={() => (hoverText.value = '')}
        onClick={(event) => chooseChannel(unitAt(event))}
      />
    </div>
  );
}

/** The largest units first; the last layer's have the names of classes. */
function UnitBars({ values, shares }: { values: number[]; shares: boolean }) {
  const [count, setCount] = useState(20);
  const { sort, channel } = view.value;
  const order = values.map((_, index) => index);
  if (sort !== 'number' || shares) order.sort((left, right) => (values[right] ?? 0) - (values[left] ?? 0));
  const largest = Math.max(1e-30, ...values.map((value) => Math.abs(value)).filter(Number.isFinite));
  return (
    <div>
      <h2>{say(shares ? 'vector.classes' : sort === 'number' ? 'vector.units' : 'vector.largest')}</h2>
      <ol class="unit-bars">
        {order.slice(0, count).map((unit) => {
          const value = values[unit] ?? 0;
          return (
            <li key={unit}>
              <button type="button" class={unit === channel ? 'unit-bar chosen' : 'unit-bar'} onClick={() => chooseChannel(unit)}>
                <span class="unit-name clip">{shares ? className({ c: unit, name: classNames.value.get(unit) ?? null }) : unit}</span>
                <span class="unit-track">
                  <span class={value < 0 ? 'unit-fill negative' : 'unit-fill'} style={{ width: `${(Math.abs(value) / largest) * 100}%` }} />
                </span>
                <span class="unit-value">{shares ? percent(value) : number(value)}</span>
              </button>
            </li>
          );
        })}
      </ol>
      {count < values.length && (
        <button type="button" class="button" onClick={() => setCount(count + 100)}>
          {say('vector.more', { shown: count, all: whole(values.length) })}
        </button>
      )}
    </div>
  );
}

