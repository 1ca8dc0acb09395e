// All maps of a layer: a grid of tiles on one canvas as large as the window on it, so a thousand channels cost what is in
// sight. Over the canvas lie cells of a real grid, for the mouse, the keyboard and the ear.
import { computed, signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { bitOff, valueAt, type ChannelStatistics, type FeatureMaps } from '../api/fmap';
import { fitCanvas, hatch, PlaneCanvas } from '../draw/paint';
import { paletteFor } from '../draw/palette';
import {
  hasNotFinite, isSilent, layoutTiles, orderChannels, rowsInSight, scaleOf, scrollTo, tileAt, tilePlace, type TileLayout,
} from '../draw/tiles';
import { useSize } from '../parts/size';
import { chooseChannel, selection, toggleChannels } from '../state/actions';
import { changeOf } from '../state/changes';
import { number, percent, signed, whole } from '../state/numbers';
import { change, channels, layerId, tileSize, view } from '../state/store';
import { colour, themeDrawn, typeFace } from '../state/theme';
import { say } from '../text/say';
import { unitUnderMouse } from './photo_card';
import { Legend, MapsTools } from './maps_tools';

/** Contribution of each channel to the explained class, where it is known. */
const contributions = computed(() => new Map(channels.at.value.value?.channels.map((one) => [one.c, one.est]) ?? []));

/** What is under the mouse: channel, place and value, told under the grid. */
export const hoverText = signal('');

export function MapsView({ block, stale }: { block: FeatureMaps; stale: boolean }) {
  const [box, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [scroll, setScroll] = useState(0);
  const { sort, hideSilent, channel, palette: chosenPalette } = view.value;
  const tile = tileSize.value;
  themeDrawn.value;
  const order = orderChannels(block, sort, hideSilent, contributions.value);
  const layout = layoutTiles(order.length, size.width - 12, tile, block.fullHeight, block.fullWidth);
  const [first, last] = rowsInSight(layout, scroll, size.height);
  const chosenIndex = channel === null ? -1 : order.indexOf(channel);
  const focusIndex = chosenIndex >= 0 ? chosenIndex : 0;
  const dragFrom = useRef<number | null>(null);
  const hasDragged = useRef(false);
  selection.value; // its tiles are marked
  useEffect(() => void (selection.value = []), [layerId.value]);

  useLayoutEffect(() => {
    if (!canvas.current || size.width === 0) return;
    const context = fitCanvas(canvas.current, size.width, size.height);
    if (!context) return;
    drawTiles(context, block, order, layout, first, last, scroll, chosenPalette);
    performance.mark('maps-drawn');
  });
  // A channel chosen elsewhere is brought into sight.
  useEffect(() => {
    const pane = box.current;
    if (!pane || chosenIndex < 0 || size.height === 0) return;
    pane.scrollTop = scrollTo(layout, chosenIndex, pane.scrollTop, size.height);
  }, [chosenIndex, sort, size.height]);

  const move = (event: MouseEvent): void => {
    const pane = box.current;
    if (!pane) return;
    const place = pane.getBoundingClientRect();
    const found = tileAt(layout, event.clientX - place.left - 6, event.clientY - place.top + pane.scrollTop - 6);
    const under = found ? order[found.index] : undefined;
    if (!found || under === undefined) return leave();
    const from = event.buttons & 1 ? dragFrom.current : null;
    if (from !== null && (hasDragged.current || found.index !== from)) {
      hasDragged.current = true;
      selection.value = order.slice(Math.min(from, found.index), Math.max(from, found.index) + 1);
      hoverText.value = say('maps.selected', { count: selection.value.length });
      return;
    }
    const y = Math.floor(found.v * block.fullHeight);
    const x = Math.floor(found.u * block.fullWidth);
    unitUnderMouse.value = [y, x];
    const value = valueAt(block, under, Math.floor(found.v * block.height), Math.floor(found.u * block.width));
    const reduced = block.height < block.fullHeight;
    hoverText.value = say(reduced ? 'maps.hoverMean' : 'maps.hover', { channel: under, y, x, value: number(value, 3) });
  };
  const leave = (): void => {
    unitUnderMouse.value = null;
    hoverText.value = '';
  };
  const choose = (index: number, event: MouseEvent): void => {
    const one = order[index];
    const pane = box.current;
    if (one === undefined || !pane || hasDragged.current) return;
    selection.value = [];
    const place = pane.getBoundingClientRect();
    const found = tileAt(layout, event.clientX - place.left - 6, event.clientY - place.top + pane.scrollTop - 6);
    // A click made by the keyboard has no place: the maximum stands for it.
    const at: [number, number] =
      event.detail > 0 && found ? [Math.floor(found.v * block.fullHeight), Math.floor(found.u * block.fullWidth)] : block.statistics(one).peak;
    chooseChannel(one, at);
  };

  return (
    <div class="maps-view">
      <MapsTools block={block} shown={order.length} />
      <div
        class={stale ? 'tiles stale' : 'tiles'}
        ref={box}
        onScroll={(event) => setScroll(event.currentTarget.scrollTop)}
        onMouseDown={(event) => {
          const place = event.currentTarget.getBoundingClientRect();
          const found = tileAt(layout, event.clientX - place.left - 6, event.clientY - place.top + event.currentTarget.scrollTop - 6);
          hasDragged.current = false;
          dragFrom.current = event.button === 0 ? (found?.index ?? null) : null;
        }}
        onMouseMove={move}
        onMouseLeave={leave}
      >
        <canvas class="tiles-canvas" ref={canvas} aria-hidden="true" />
        <TileCells block={block} order={order} layout={layout} first={first} last={last} focusIndex={focusIndex} onChoose={choose} />
      </div>
      <Legend block={block} />
    </div>
  );
}

interface CellsProps {
  block: FeatureMaps;
  order: number[];
  layout: TileLayout;
  first: number;
  last: number;
  focusIndex: number;
  onChoose(index: number, event: MouseEvent): void;
}

/** The grid for the keyboard: one cell is in the tab order, arrow keys walk, space switches off, Enter opens. */
function TileCells({ block, order, layout, first, last, focusIndex, onChoose }: CellsProps) {
  const grid = useRef<HTMLDivElement>(null);
  /** Where a selection by keys began. */
  const anchor = useRef(0);
  const walk = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = {
      ArrowRight: 1, ArrowLeft: -1, ArrowDown: layout.columns, ArrowUp: -layout.columns,
      PageDown: layout.columns * 4, PageUp: -layout.columns * 4, Home: -order.length, End: order.length,
    };
    const one = order[focusIndex];
    if (event.key === ' ' && one !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      toggleChannels(selection.peek().length > 1 ? selection.peek() : [one], event.shiftKey ? 'mean' : 'zero');
      return;
    }
    if (event.key === 'Escape' && selection.peek().length > 0) {
      event.stopPropagation();
      selection.value = [];
      return;
    }
    const step = steps[event.key];
    if (step === undefined || event.altKey || event.ctrlKey) return;
    event.preventDefault();
    event.stopPropagation();
    const index = Math.min(Math.max(focusIndex + step, 0), order.length - 1);
    const next = order[index];
    if (next === undefined) return;
    if (selection.peek().length === 0) anchor.current = focusIndex;
    selection.value = event.shiftKey ? order.slice(Math.min(anchor.current, index), Math.max(anchor.current, index) + 1) : [];
    chooseChannel(next, block.statistics(next).peak);
    requestAnimationFrame(() => requestAnimationFrame(() => grid.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true })));
  };
  // The row with the focus is there even when it is out of sight.
  const focusRow = Math.floor(focusIndex / layout.columns);
  const rows: number[] = [];
  for (let row = first; row < last; row++) rows.push(row);
  if (order.length > 0 && (focusRow < first || focusRow >= last)) rows.push(focusRow);
  return (
    <div
      ref={grid}
      class="tile-grid"
      role="grid"
      aria-label={say('maps.grid', { layer: layerId.value })}
      aria-multiselectable="true"
      aria-rowcount={layout.rows}
      aria-colcount={layout.columns}
      style={{ height: `${layout.height + 6}px` }}
      onKeyDown={walk}
    >
      {rows.map((row) => (
        <div key={row} role="row" aria-rowindex={row + 1}>
          {order.slice(row * layout.columns, (row + 1) * layout.columns).map((channel, column) => {
            const index = row * layout.columns + column;
            const [x, y] = tilePlace(layout, index);
            return (
              <div
                key={channel}
                role="gridcell"
                class="tile-cell"
                data-channel={channel}
                aria-colindex={column + 1}
                aria-selected={channel === view.value.channel || selection.value.includes(channel)}
                aria-label={tileName(channel, block.statistics(channel))}
                tabIndex={index === focusIndex ? 0 : -1}
                style={{ transform: `translate(${x + 6}px, ${y + 6}px)`, width: `${layout.cellWidth - 6}px`, height: `${layout.cellHeight - 6}px` }}
                onClick={(event) => onChoose(index, event)}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter') return;
                  event.preventDefault();
                  chooseChannel(channel, block.statistics(channel).peak);
                }}
                onContextMenu={(event) => {
                  event.preventDefault();
                  chooseChannel(channel, block.statistics(channel).peak);
                  document.getElementById('channel-actions')?.querySelector<HTMLElement>('button')?.focus();
                }}
              />
            );
          })}
        </div>
      ))}
    </div>
  );
}

/** A tile for the ear: "channel 137, maximum 8.4, 61 % zero, contribution +1.9, off". */
function tileName(channel: number, statistics: ChannelStatistics): string {
  const parts = [say('tile.name', { channel, maximum: number(statistics.maximum, 3), zero: percent(statistics.zeroShare, 0) })];
  const contribution = contributions.value.get(channel);
  if (contribution !== undefined) parts.push(say('tile.contribution', { value: signed(contribution) }));
  if (isSilent(statistics)) parts.push(say('badge.dead'));
  if (hasNotFinite(statistics)) parts.push(say('badge.nanCount', { count: whole(statistics.notFinite) }));
  const how = changeOf(view.value.changes, layerId.value, channel);
  if (how !== null) parts.push(say(how === 'zero' ? 'badge.off' : how === 'mean' ? 'badge.mean' : 'badge.scaled'));
  return parts.join(', ');
}

const plane = new PlaneCanvas();

function drawTiles(
  context: CanvasRenderingContext2D,
  block: FeatureMaps,
  order: number[],
  layout: TileLayout,
  first: number,
  last: number,
  scroll: number,
  chosenPalette: (typeof view.value)['palette'],
): void {
  const now = view.peek();
  const colours = { accent: colour('--accent'), muted: colour('--muted'), text: colour('--text'), danger: colour('--danger'), frame: colour('--line-strong') };
  const label = layout.cellHeight - layout.tileHeight > 8;
  const small = layout.tileWidth < 44;
  context.font = `11px ${typeFace()}`;
  context.textBaseline = 'alphabetic';
  context.imageSmoothingEnabled = false;
  for (let index = first * layout.columns; index < Math.min(last * layout.columns, order.length); index++) {
    const channel = order[index];
    if (channel === undefined) continue;
    const [left, top] = tilePlace(layout, index);
    const x = left + 6;
    const y = top + 6 - scroll;
    const statistics = block.statistics(channel);
    const scale = scaleOf(block, channel, now);
    context.drawImage(plane.paint(block, channel, scale, paletteFor(chosenPalette, scale.signed)), x, y, layout.tileWidth, layout.tileHeight);
    drawMarks(context, statistics, channel, x, y, layout, colours);
    if (!label) continue;
    context.fillStyle = channel === now.channel ? colours.text : colours.muted;
    const baseline = y + layout.tileHeight + 11;
    context.fillText(String(channel), x, baseline);
    if (small) continue;
    const value = tileValue(channel, statistics);
    context.fillStyle = colours.muted;
    context.fillText(value, x + layout.tileWidth - context.measureText(value).width, baseline);
  }
}

/** The number beside a channel's own: what the tiles are sorted by, or their maximum. */
function tileValue(channel: number, statistics: ChannelStatistics): string {
  switch (view.peek().sort) {
    case 'mean':
      return number(statistics.mean, 2);
    case 'zero':
      return percent(statistics.zeroShare, 0).replace(' ', '');
    case 'norm':
      return number(statistics.norm, 2);
    case 'contribution': {
      const value = contributions.peek().get(channel);
      return value === undefined ? '–' : signed(value, 2);
    }
    default:
      return number(statistics.maximum, 2);
  }
}

function drawMarks(
  context: CanvasRenderingContext2D,
  statistics: ChannelStatistics,
  channel: number,
  x: number,
  y: number,
  layout: TileLayout,
  colours: { accent: string; danger: string; frame: string },
): void {
  const { tileWidth: w, tileHeight: h } = layout;
  const off = changeOf(view.peek().changes, layerId.peek(), channel) !== null || (statistics.bits & bitOff) !== 0;
  if (hasNotFinite(statistics)) hatch(context, x, y, w, h, colours.danger);
  if (off) hatch(context, x, y, w, h, colours.frame);
  const nan = w < 64 ? say('badge.nan') : say('badge.nanCount', { count: whole(statistics.notFinite) });
  if (hasNotFinite(statistics)) badge(context, nan, x, y, w, colours.danger, '#ffffff');
  else if (off) badge(context, say('badge.off'), x, y, w, colours.frame, '#ffffff');
  else if (isSilent(statistics)) badge(context, say('badge.dead'), x, y, w, 'rgba(0, 0, 0, 0.6)', '#ffffff');
  const chosen = channel === view.peek().channel || selection.peek().includes(channel);
  context.strokeStyle = chosen ? colours.accent : colours.frame;
  context.lineWidth = chosen ? 3 : 1;
  if (chosen) context.strokeRect(x - 2, y - 2, w + 4, h + 4);
  else context.strokeRect(x - 0.5, y - 0.5, w + 1, h + 1);
}

function badge(context: CanvasRenderingContext2D, text: string, x: number, y: number, w: number, back: string, front: string): void {
  const width = context.measureText(text).width + 6;
  if (width > w) {
    context.fillStyle = back;
    context.fillRect(x, y, Math.min(6, w), 6);
    return;
  }
  context.fillStyle = back;
  context.fillRect(x, y, width, 14);
  context.fillStyle = front;
  context.fillText(text, x + 3, y + 11);
}

/** Brings tiles larger or smaller; the wheel with Ctrl and the slider do the same. */
export function resizeTiles(factor: number): void {
  change({ tile: Math.round(Math.min(256, Math.max(16, tileSize.peek() * factor))) });
}
