// The picture: the photo, the tensor the network really sees, or its planes; over it the receptive field of the place
// under the mouse and the Grad-CAM of a layer.
import { computed, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { base } from '../api/client';
import { valueAt, type FeatureMaps } from '../api/fmap';
import type { Preprocessing } from '../api/types';
import { palette, paletteFor, cssColour } from '../draw/palette';
import { fitCanvas, PlaneCanvas } from '../draw/paint';
import { scaleOf } from '../draw/tiles';
import { Check, ProblemNote, Segments, Slider } from '../parts/controls';
import { useSize } from '../parts/size';
import { fieldBox, fieldRule, type Box, type FieldRule } from '../state/field';
import { number, shape } from '../state/numbers';
import { change, heat, images, input, layer, model, pictures, shownInput, view } from '../state/store';
import { isStale } from '../state/resource';
import { photos } from '../state/view';
import { say } from '../text/say';

/** The unit under the mouse, [y, x] of the layer on the screen; null: the chosen place counts. */
export const unitUnderMouse = signal<[number, number] | null>(null);

const fieldOfLayer = computed<FieldRule | null>(() => (layer.value ? fieldRule(layer.value.receptive_field, layer.value.shape, inputSize()) : null));

/** Part of the input that the unit under the mouse sees. */
export const fieldShown = computed<Box | null>(() => {
  const rule = fieldOfLayer.value;
  const unit = unitUnderMouse.value ?? view.value.place;
  return rule && unit && view.value.field ? fieldBox(rule, unit[0], unit[1]) : null;
});

export function PhotoCard() {
  const inputs = model.at.value.value?.inputs ?? [];
  const image = images.value[shownInput.value];
  const { photo } = view.value;
  return (
    <section class="card" aria-label={say('photo.title')} id="image" tabIndex={-1}>
      <div class="card-head">
        <h2>{say('photo.title')}</h2>
        <Segments
          label={say('photo.shown')}
          value={photo}
          choices={photos.map((choice) => ({ value: choice, text: say(`photo.${choice}`), title: say(`photo.${choice}.title`) }))}
          onChoose={(choice) => change({ photo: choice })}
        />
      </div>
      {inputs.length > 1 && (
        <Segments
          label={say('photo.inputs')}
          value={String(shownInput.value)}
          choices={inputs.map((one, index) => ({ value: String(index), text: one.name }))}
          onChoose={(index) => (shownInput.value = Number(index))}
        />
      )}
      {!image && <p class="quiet">{say('photo.none')}</p>}
      {image && photo === 'photo' && <Photo image={image} />}
      {image && photo !== 'photo' && <Tensor />}
      {image && <PhotoControls />}
    </section>
  );
}

/** The network's input extents, height and width: the photo is shown as it is brought to them. */
function inputSize(): [number, number] {
  const extents = model.at.value.value?.inputs[shownInput.value]?.shape ?? [];
  const size = model.at.value.value?.preprocessing.size ?? [1, 1];
  // An input that takes any size gets pictures of the size they are brought to.
  return [extents[0] && extents[0] > 0 ? extents[0] : size[0], extents[1] && extents[1] > 0 ? extents[1] : size[1]];
}

function Photo({ image }: { image: string }) {
  const name = pictures.value.find((one) => one.id === image)?.name ?? '';
  const [high, wide] = inputSize();
  const stale = heat.at.value.key !== null && isStale(heat.at.value);
  return (
    <figure class="photo">
      <div class="photo-frame" style={{ aspectRatio: `${wide} / ${high}` }}>
        <img src={`${base}/images/${image}/full.png`} alt={say('photo.alt', { name })} draggable={false} />
        <Overlay stale={stale} />
      </div>
      <figcaption>
        <span class="clip" title={name}>
          {name}
        </span>
        <FieldText />
      </figcaption>
    </figure>
  );
}

function FieldText() {
  const rule = fieldOfLayer.value;
  if (!rule) return <span class="quiet">&nbsp;</span>;
  const box = fieldShown.value;
  if (!box) return <span class="quiet">{say('photo.field', { height: rule.size[0], width: rule.size[1] })}</span>;
  return (
    <span class="quiet">
      {say('photo.box', { y: Math.round(box.y), x: Math.round(box.x), height: Math.round(box.height), width: Math.round(box.width) })}
      {box.clipped ? ` ${say('photo.clipped')}` : ''}
    </span>
  );
}

/** Heat and receptive field, on a canvas of the photo's size. */
function Overlay({ stale }: { stale: boolean }) {
  const [box, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const own = heat.at.value.value;
  const shown = view.value.heat !== '' ? own : null;
  const field = fieldShown.value;
  const opacity = view.value.opacity;
  useEffect(() => {
    if (!canvas.current || size.width === 0) return;
    const context = fitCanvas(canvas.current, size.width, size.height);
    if (!context) return;
    if (shown) drawHeat(context, shown.maps, opacity, size.width, size.height);
    const [high, wide] = inputSize();
    if (field) drawField(context, field, size.width / wide, size.height / high);
  });
  return (
    <div class={stale ? 'photo-overlay stale' : 'photo-overlay'} ref={box} aria-hidden="true">
      <canvas ref={canvas} />
    </div>
  );
}

/** The heat map, smooth over the photo; where nothing spoke for the class, the photo stays clear. */
export function drawHeat(context: CanvasRenderingContext2D, maps: FeatureMaps, opacity: number, width: number, height: number): void {
  const small = document.createElement('canvas');
  small.width = maps.width;
  small.height = maps.height;
  const pixels = new ImageData(maps.width, maps.height);
  const colours = new Uint32Array(pixels.data.buffer);
  const table = palette('heat');
  const high = maps.maximum > 0 ? maps.maximum : 1;
  for (let index = 0; index < colours.length; index++) {
    const y = Math.floor(index / maps.width);
    const share = Math.max(0, Math.min(1, valueAt(maps, maps.firstChannel, y, index % maps.width) / high));
    colours[index] = table[Math.round(share * 255)] ?? 0;
    pixels.data[index * 4 + 3] = Math.round(255 * opacity * Math.min(1, share * 1.6));
  }
  small.getContext('2d')?.putImageData(pixels, 0, 0);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  context.drawImage(small, 0, 0, width, height);
}

function drawField(context: CanvasRenderingContext2D, box: Box, scaleX: number, scaleY: number): void {
  const [x, y, w, h] = [box.x * scaleX, box.y * scaleY, Math.max(box.width * scaleX, 2), Math.max(box.height * scaleY, 2)];
  context.strokeStyle = 'rgba(0, 0, 0, 0.65)';
  context.lineWidth = 4;
  context.strokeRect(x, y, w, h);
  context.strokeStyle = '#ffffff';
  context.lineWidth = 2;
  context.strokeRect(x, y, w, h);
}

/** What the network is given: its planes, each with mean and range, and for three of them the picture they make. */
function Tensor() {
  const loaded = input.at.value;
  if (loaded.problem) return <ProblemNote problem={loaded.problem} onAgain={input.again} />;
  const maps = loaded.value;
  if (!maps) return <p class="quiet">{say('maps.loading')}</p>;
  const how = model.at.value.value?.preprocessing;
  return (
    <div class={isStale(loaded) ? 'stale' : ''}>
      {view.value.photo === 'input' ? <TensorPicture maps={maps} /> : <Planes maps={maps} />}
      <p class="quiet">
        {say('photo.tensor', { shape: shape([maps.fullHeight, maps.fullWidth, maps.channels]), low: number(maps.minimum), high: number(maps.maximum) })}
        {how && ` ${preparation(how)}`}
      </p>
    </div>
  );
}

/** The channel that holds red (0), green (1) or blue (2): some networks are fed blue first, gray ones have one only. */
function colourChannel(part: number, channels: number): number {
  const blueFirst = channels === 3 && model.at.value.value?.preprocessing.channels === 'BGR';
  return blueFirst ? 2 - part : Math.min(part, channels - 1);
}

/** How the picture became the tensor: "299×299 (pil-bilinear), RGB, mode tf". */
function preparation(how: Preprocessing): string {
  const words = { size: shape(how.size), resize: how.resize, channels: how.channels, mode: how.mode };
  return say(how.guessed ? 'photo.guessed' : 'photo.prepared', words);
}

/** The tensor as a picture: its whole range from black to white, channels as red, green and blue. */
function TensorPicture({ maps }: { maps: FeatureMaps }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const target = canvas.current;
    if (!target) return;
    target.width = maps.width;
    target.height = maps.height;
    const pixels = new ImageData(maps.width, maps.height);
    const span = maps.maximum - maps.minimum || 1;
    for (let y = 0; y < maps.height; y++) {
      for (let x = 0; x < maps.width; x++) {
        for (let part = 0; part < 3; part++) {
          const channel = colourChannel(part, maps.channels);
          pixels.data[(y * maps.width + x) * 4 + part] = ((valueAt(maps, channel, y, x) - maps.minimum) / span) * 255;
        }
        pixels.data[(y * maps.width + x) * 4 + 3] = 255;
      }
    }
    target.getContext('2d')?.putImageData(pixels, 0, 0);
  }, [maps]);
  return <canvas ref={canvas} class="tensor-picture" role="img" aria-label={say('photo.input.title')} />;
}

function Planes({ maps }: { maps: FeatureMaps }) {
  const names = maps.channels === 3 ? [say('photo.red'), say('photo.green'), say('photo.blue')] : null;
  return (
    <div class="planes">
      {Array.from({ length: Math.min(maps.channels, 8) }, (_, place) => {
        const channel = names ? colourChannel(place, 3) : place;
        return <Plane key={place} maps={maps} channel={channel} name={names?.[place] ?? String(place)} />;
      })}
    </div>
  );
}

function Plane({ maps, channel, name }: { maps: FeatureMaps; channel: number; name: string }) {
  const place = useRef<HTMLDivElement>(null);
  const statistics = maps.statistics(channel);
  useEffect(() => {
    const signed = maps.minimum < 0;
    const scale = scaleOf(maps, channel, { scale: 'layer', low: 0, high: 1 });
    const drawn = new PlaneCanvas().paint(maps, channel, scale, paletteFor('grey', signed));
    drawn.setAttribute('role', 'img');
    drawn.setAttribute('aria-label', name);
    place.current?.replaceChildren(drawn);
  }, [maps, channel, name]);
  return (
    <figure class="plane">
      <div ref={place} class="plane-picture" />
      <figcaption>
        <strong>{name}</strong>
        <span>{say('photo.mean', { mean: number(statistics.mean, 3) })}</span>
        <span>
          {number(statistics.minimum, 3)} … {number(statistics.maximum, 3)}
        </span>
      </figcaption>
    </figure>
  );
}

function PhotoControls() {
  const now = view.value;
  const shown = heat.at.value;
  return (
    <div class="photo-controls">
      <Check label={say('photo.fieldOn')} value={now.field} onChange={(field) => change({ field })} title={say('photo.fieldOn.title')} />
      <Check
        label={say('photo.heatOn')}
        value={now.heat !== ''}
        onChange={(on) => change({ heat: on ? 'auto' : '', ...(on ? { photo: 'photo' } : {}) })}
        title={say('photo.heatOn.title')}
      />
      {now.heat !== '' && (
        <Slider
          label={say('photo.opacity')}
          minimum={0}
          maximum={1}
          step={0.05}
          value={now.opacity}
          shown={`${Math.round(now.opacity * 100)} %`}
          onChange={(opacity) => change({ opacity })}
        />
      )}
      {now.heat !== '' && shown.problem && <ProblemNote problem={shown.problem} onAgain={heat.again} />}
      {now.heat !== '' && shown.value && (
        <div class="legend-row">
          <span>0</span>
          <HeatLegend />
          <span>{number(shown.value.range[1], 3)}</span>
          <span class="quiet clip">{shown.value.layer}</span>
        </div>
      )}
    </div>
  );
}

function HeatLegend() {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const table = palette('heat');
    const colours = Array.from({ length: 9 }, (_, index) => cssColour(table, index / 8));
    if (bar.current) bar.current.style.background = `linear-gradient(to right, ${colours.join(', ')})`;
  }, []);
  return <div ref={bar} class="legend-bar" />;
}
