// Values to pixels: planes of a block through a palette, into an ImageData that a canvas then shows enlarged.
import { channelRange, flagSigned, halfToNumber, type FeatureMaps } from '../api/fmap';
import type { Palette } from './palette';
import type { Scale } from './tiles';

/** The colour of each of the 256 bytes of a channel's plane under `scale`. */
function byteColours(maps: FeatureMaps, channel: number, scale: Scale, palette: Palette, out: Uint32Array): void {
  const [low, high] = channelRange(maps, maps.statistics(channel));
  const signed = (maps.flags & flagSigned) !== 0;
  const span = scale.high - scale.low;
  for (let byte = 0; byte < 256; byte++) {
    const value = signed ? ((byte - 128) / 127) * high : low + (byte * (high - low)) / 255;
    out[byte] = palette[shareIndex(value, scale.low, span)] ?? 0;
  }
}

function shareIndex(value: number, low: number, span: number): number {
  // A range of one value: nothing at all is the dark end, anything else the light one.
  const share = span > 0 ? (value - low) / span : value > low ? 1 : value === low && low !== 0 ? 1 : 0;
  return share <= 0 || Number.isNaN(share) ? 0 : share >= 1 ? 255 : Math.round(share * 255);
}

const colours = new Uint32Array(256);

/** Paints one channel into `pixels`, which has the planes' size. */
export function paintPlane(maps: FeatureMaps, channel: number, scale: Scale, palette: Palette, pixels: Uint32Array): void {
  const count = maps.height * maps.width;
  const from = (channel - maps.firstChannel) * count;
  const planes = maps.planes;
  if (maps.kind === 'u8') {
    byteColours(maps, channel, scale, palette, colours);
    for (let index = 0; index < count; index++) pixels[index] = colours[planes[from + index] ?? 0] ?? 0;
    return;
  }
  const span = scale.high - scale.low;
  for (let index = 0; index < count; index++) {
    const raw = planes[from + index] ?? 0;
    const value = maps.kind === 'f16' ? halfToNumber(raw) : raw;
    pixels[index] = palette[shareIndex(value, scale.low, span)] ?? 0;
  }
}

/** A canvas off the screen with one channel on it, at the planes' own size. */
export class PlaneCanvas {
  readonly canvas = document.createElement('canvas');
  private image: ImageData | null = null;
  private readonly context = this.canvas.getContext('2d');

  paint(maps: FeatureMaps, channel: number, scale: Scale, palette: Palette): HTMLCanvasElement {
    if (!this.context) return this.canvas;
    if (!this.image || this.image.width !== maps.width || this.image.height !== maps.height) {
      this.canvas.width = maps.width;
      this.canvas.height = maps.height;
      this.image = this.context.createImageData(maps.width, maps.height);
    }
    paintPlane(maps, channel, scale, palette, new Uint32Array(this.image.data.buffer));
    this.context.putImageData(this.image, 0, 0);
    return this.canvas;
  }
}

/** Hatching over a tile: values that are no numbers, or a channel switched off. */
export function hatch(context: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, colour: string): void {
  context.save();
  context.beginPath();
  context.rect(x, y, w, h);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let at = -h; at < w; at += 7) {
    context.moveTo(x + at, y + h);
    context.lineTo(x + at + h, y);
  }
  context.stroke();
  context.restore();
}

/** Gives a canvas the size it has on the screen, in the screen's own pixels. */
export function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1;
  const wide = Math.max(1, Math.round(width * ratio));
  const high = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  const context = canvas.getContext('2d');
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}
