// What is above and below the tiles: sort, size, range, palette, how many are shown; the legend with its numbers.
import { useEffect, useRef, useState } from 'preact/hooks';
import { base, part, query } from '../api/client';
import { flagPeak, flagReduced, flagSigned, type FeatureMaps } from '../api/fmap';
import { cssColour, paletteFor } from '../draw/palette';
import { scaleOf } from '../draw/tiles';
import { Button, Check, Menu, Slider } from '../parts/controls';
import { Icon } from '../parts/icon';
import { selection, setScale, toggleChannels } from '../state/actions';
import { number, shape, whole } from '../state/numbers';
import { change, hello, layerId, runId, tileSize, view } from '../state/store';
import { palettes, scales, sorts, tileMaximum, tileMinimum } from '../state/view';
import { say } from '../text/say';
import { hoverText } from './maps_view';

export function MapsTools({ block, shown }: { block: FeatureMaps; shown: number }) {
  const now = view.value;
  const gradients = hello.at.value.value?.can.gradients ?? false;
  return (
    <div class="tools">
      <Menu
        label={say('maps.sort')}
        value={now.sort}
        choices={sorts.filter((one) => one !== 'contribution' || gradients).map((one) => ({ value: one, text: say(`sort.${one}`) }))}
        onChoose={(sort) => change({ sort })}
      />
      <Menu label={say('maps.scale')} value={now.scale} choices={scales.map((one) => ({ value: one, text: say(`scale.${one}`) }))} onChoose={setScale} />
      {now.scale === 'fixed' && <FixedRange />}
      <Menu
        label={say('maps.palette')}
        value={now.palette}
        choices={palettes.map((one) => ({ value: one, text: say(`palette.${one}`) }))}
        onChoose={(palette) => change({ palette })}
      />
      <Slider
        label={say('maps.tile')}
        minimum={tileMinimum}
        maximum={tileMaximum}
        step={4}
        value={tileSize.value}
        shown={`${tileSize.value} px`}
        onChange={(tile) => change({ tile })}
      />
      <Check label={say('maps.hide')} value={now.hideSilent} onChange={(hideSilent) => change({ hideSilent })} />
      {selection.value.length > 1 && (
        <Button label={say('maps.selected', { count: selection.value.length })} onClick={() => toggleChannels(selection.peek())}>
          {say('maps.selectedOff', { count: selection.value.length })}
        </Button>
      )}
      <span class="showing">{say('maps.showing', { shown: whole(shown), all: whole(block.channels) })}</span>
      <Export />
    </div>
  );
}

function FixedRange() {
  const { low, high } = view.value;
  return (
    <span class="range-inputs">
      <NumberField label={say('maps.low')} value={low} onChange={(value) => change({ low: value })} />
      <span aria-hidden="true">…</span>
      <NumberField label={say('maps.high')} value={high} onChange={(value) => change({ high: value })} />
    </span>
  );
}

function NumberField({ label, value, onChange }: { label: string; value: number; onChange(value: number): void }) {
  const [text, setText] = useState(String(Number(value.toPrecision(5))));
  useEffect(() => setText(String(Number(value.toPrecision(5)))), [value]);
  return (
    <input
      type="text"
      inputMode="decimal"
      class="number-input"
      aria-label={label}
      value={text}
      onInput={(event) => {
        setText(event.currentTarget.value);
        const parsed = Number(event.currentTarget.value);
        if (event.currentTarget.value.trim() !== '' && Number.isFinite(parsed)) onChange(parsed);
      }}
    />
  );
}

const sheetSorts: Partial<Record<(typeof sorts)[number], string>> = { maximum: 'max', mean: 'mean', zero: 'zero' };

/** What can be saved: exact numbers, or all maps on one sheet. */
function Export() {
  const { palette, scale, sort } = view.value;
  const place = `${base}/runs/${runId.value}/maps/${part(layerId.value)}`;
  const sheet = query({ palette, range: scale === 'channel' ? 'channel' : 'layer', sort: sheetSorts[sort] ?? 'index' });
  const name = `${layerId.value.replace(/[^\w.-]+/g, '_')}`;
  return (
    <details class="drop" id="export">
      <summary class="button">
        <Icon name="save" />
        {say('export.title')}
      </summary>
      <div class="drop-list">
        <a href={`${place}.npy`} download={`${name}.npy`}>
          {say('export.npy')}
        </a>
        <a href={`${place}/sheet.png${sheet}`} download={`${name}.png`}>
          {say('export.sheet')}
        </a>
        <a href={`${place}/sheet.png${sheet}`} target="_blank" rel="noreferrer">
          {say('export.show')}
        </a>
      </div>
    </details>
  );
}

/** The colours and the numbers they stand for; what is under the mouse. */
export function Legend({ block }: { block: FeatureMaps }) {
  const now = view.value;
  const bar = useRef<HTMLDivElement>(null);
  const own = now.scale === 'channel';
  const scale = scaleOf(block, now.channel ?? block.firstChannel, now);
  useEffect(() => {
    const table = paletteFor(now.palette, scale.signed);
    const colours = Array.from({ length: 13 }, (_, index) => cssColour(table, index / 12));
    if (bar.current) bar.current.style.background = `linear-gradient(to right, ${colours.join(', ')})`;
  }, [now.palette, scale.signed]);
  const facts: string[] = [];
  if ((block.flags & flagReduced) !== 0) {
    facts.push(say((block.flags & flagPeak) !== 0 ? 'legend.peak' : 'legend.reduced', { from: shape([block.fullHeight, block.fullWidth]), to: shape([block.height, block.width]) }));
  }
  if ((block.flags & flagSigned) !== 0) facts.push(say('legend.signed'));
  return (
    <div class="legend">
      <div class="legend-row">
        <span class="legend-number">{own && now.channel === null ? say('legend.lowest') : number(scale.low, 3)}</span>
        <div ref={bar} class="legend-bar" />
        <span class="legend-number">{own && now.channel === null ? say('legend.highest') : number(scale.high, 3)}</span>
        <span class="quiet">{say(`legend.${now.scale}`)}</span>
        {facts.map((fact) => (
          <span class="quiet" key={fact}>
            {fact}
          </span>
        ))}
      </div>
      <span class="hover-text" aria-hidden="true">
        {hoverText.value}
      </span>
    </div>
  );
}
