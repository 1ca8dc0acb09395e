// Colours for values. Every palette is 256 colours from dark to light (or, for signed values, through a pale middle that
// is zero), made from a few stops; lightness grows evenly, so order is seen without colour vision too.
import type { View } from '../state/view';

/** 256 colours, packed as canvases hold them: bytes red, green, blue, alpha. */
export type Palette = Uint32Array;

const stops: Record<View['palette'] | 'diverging' | 'heat', readonly string[]> = {
  viridis: ['440154', '482878', '3e4989', '31688e', '26828e', '1f9e89', '35b779', '6ece58', 'b5de2b', 'fde725'],
  cividis: ['00224e', '123570', '3b496c', '575d6d', '707173', '8a8678', 'a59c74', 'c3b369', 'e1cc55', 'fee838'],
  grey: ['000000', 'ffffff'],
  inverted: ['ffffff', '000000'],
  // Negative orange, zero pale, positive blue.
  diverging: ['7f2704', 'c2570c', 'f08a3c', 'fbc490', 'f7f5f2', 'a9cbe8', '5a9bd0', '1f66ab', '08306b'],
  heat: ['1d0b3a', '5c167f', 'a8327d', 'e65164', 'fb8861', 'fec287', 'fcfdbf'],
};

const made = new Map<string, Palette>();

export function palette(name: keyof typeof stops): Palette {
  const before = made.get(name);
  if (before) return before;
  const colours = stops[name].map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const table = new Uint32Array(256);
  const bytes = new Uint8Array(table.buffer);
  for (let index = 0; index < 256; index++) {
    const place = (index / 255) * (colours.length - 1);
    const left = Math.min(Math.floor(place), colours.length - 2);
    for (let part = 0; part < 3; part++) {
      const from = colours[left]?.[part] ?? 0;
      const to = colours[left + 1]?.[part] ?? from;
      bytes[index * 4 + part] = Math.round(from + (to - from) * (place - left));
    }
    bytes[index * 4 + 3] = 255;
  }
  made.set(name, table);
  return table;
}

/** The palette that suits the values: a signed range wants a middle, unless grey was asked for. */
export function paletteFor(chosen: View['palette'], signed: boolean): Palette {
  return palette(signed && chosen !== 'grey' && chosen !== 'inverted' ? 'diverging' : chosen);
}

export function cssColour(table: Palette, share: number): string {
  const index = Math.max(0, Math.min(255, Math.round(share * 255)));
  const packed = table[index] ?? 0;
  return `rgb(${packed & 255} ${(packed >> 8) & 255} ${(packed >> 16) & 255})`;
}
