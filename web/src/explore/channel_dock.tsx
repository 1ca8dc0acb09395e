// One channel, under the tiles: its map large, its numbers, how its values are spread, what can be done with it, and how
// one of its values came about.
import { useEffect, useRef } from 'preact/hooks';
import { valueAt, type FeatureMaps } from '../api/fmap';
import { histogramOf } from '../draw/histogram';
import { paletteFor } from '../draw/palette';
import { PlaneCanvas } from '../draw/paint';
import { scaleOf } from '../draw/tiles';
import { Button, ProblemNote } from '../parts/controls';
import { chooseChannel, copyLink, setChanges, toggleChannel } from '../state/actions';
import { changeOf, withChange } from '../state/changes';
import { number, percent, signed } from '../state/numbers';
import { isStale } from '../state/resource';
import { channels, layerId, maps, plane, target, top, value, view } from '../state/store';
import { say } from '../text/say';
import { className } from './answer_card';
import { Histogram } from './histogram';
import { unitUnderMouse } from './photo_card';
import { Terms } from './terms';

export function ChannelDock() {
  const channel = view.value.channel;
  const block = maps.at.value.value;
  if (channel === null || !block || channel >= block.firstChannel + block.channels) return null;
  const loaded = plane.at.value;
  const statistics = block.statistics(channel);
  return (
    <section class="dock" aria-label={say('channel.title', { channel })}>
      <div class="dock-head">
        <h2>{say('channel.title', { channel })}</h2>
        <span class="dock-facts">
          {say('channel.facts', {
            low: number(statistics.minimum, 3), high: number(statistics.maximum, 3), mean: number(statistics.mean, 3),
            deviation: number(statistics.deviation, 3), zero: percent(statistics.zeroShare, 0), y: statistics.peak[0], x: statistics.peak[1],
          })}
        </span>
        <ChannelActions channel={channel} />
      </div>
      <div class="dock-body">
        {loaded.problem && <ProblemNote problem={loaded.problem} onAgain={plane.again} />}
        {loaded.value && !isStale(loaded) && <BigPlane maps={loaded.value} channel={channel} />}
        <div class="dock-side">
          {loaded.value && !isStale(loaded) && <Histogram histogram={histogramOf(planeValues(loaded.value))} />}
          <Effect channel={channel} />
        </div>
        <ValueFacts />
      </div>
    </section>
  );
}

function planeValues(block: FeatureMaps): ArrayLike<number> {
  return block.kind === 'f32' ? block.planes : [];
}

function ChannelActions({ channel }: { channel: number }) {
  const layer = layerId.value;
  const how = changeOf(view.value.changes, layer, channel);
  return (
    <div class="dock-actions" id="channel-actions">
      <Button label={say('channel.offTitle')} pressed={how === 'zero'} onClick={() => toggleChannel(channel)}>
        {say('channel.off')}
      </Button>
      <Button label={say('channel.meanTitle')} pressed={how === 'mean'} onClick={() => toggleChannel(channel, 'mean')}>
        {say('channel.mean')}
      </Button>
      <label class="menu" title={say('channel.scaleTitle')}>
        <span class="menu-label">{say('channel.scale')}</span>
        <select
          value={typeof how === 'number' ? String(how) : '1'}
          onChange={(event) => {
            const factor = Number(event.currentTarget.value);
            setChanges(withChange(view.peek().changes, layer, channel, factor === 1 ? null : factor));
          }}
        >
          {[-1, 0.25, 0.5, 1, 1.5, 2, 4].map((factor) => (
            <option key={factor} value={String(factor)}>
              ×{String(factor).replace('-', '−')}
            </option>
          ))}
        </select>
      </label>
      <Button icon="link" label={say('channel.link')} onClick={() => void copyLink()} />
      <Button icon="close" label={say('channel.close')} onClick={() => chooseChannel(null)} />
    </div>
  );
}

/** The map at its full size, enlarged; the chosen place is marked. Arrow keys move it by one value. */
function BigPlane({ maps: block, channel }: { maps: FeatureMaps; channel: number }) {
  const holder = useRef<HTMLDivElement>(null);
  const { place, palette, scale, low, high } = view.value;
  const side = 196;
  const factor = side / Math.max(block.height, block.width);
  const shown = scale === 'layer' ? layerScale(channel) : scaleOf(block, channel, { scale, low, high });
  useEffect(() => {
    const drawn = new PlaneCanvas().paint(block, channel, shown, paletteFor(palette, shown.signed));
    holder.current?.replaceChildren(drawn);
  }, [block, channel, palette, shown.low, shown.high]);
  const at = (event: MouseEvent): [number, number] => {
    const area = holder.current?.getBoundingClientRect();
    if (!area) return [0, 0];
    const y = Math.floor(((event.clientY - area.top) / area.height) * block.height);
    const x = Math.floor(((event.clientX - area.left) / area.width) * block.width);
    return [Math.max(0, Math.min(block.height - 1, y)), Math.max(0, Math.min(block.width - 1, x))];
  };
  const walk = (event: KeyboardEvent): void => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const now = place ?? [0, 0];
    const y = Math.max(0, Math.min(block.height - 1, now[0] + (step[0] ?? 0)));
    const x = Math.max(0, Math.min(block.width - 1, now[1] + (step[1] ?? 0)));
    chooseChannel(channel, [y, x]);
  };
  const size = { width: `${block.width * factor}px`, height: `${block.height * factor}px` };
  const cell = Math.max(factor, 5);
  return (
    <div
      class="big-plane"
      style={size}
      role="application"
      tabIndex={0}
      aria-label={say('channel.map', { channel, height: block.height, width: block.width })}
      onClick={(event) => chooseChannel(channel, at(event))}
      onMouseMove={(event) => (unitUnderMouse.value = at(event))}
      onMouseLeave={() => (unitUnderMouse.value = null)}
      onKeyDown={walk}
    >
      <div ref={holder} class="big-plane-picture" />
      {place && (
        <div
          class="place-mark"
          style={{
            left: `${(place[1] + 0.5) * factor - cell / 2}px`, top: `${(place[0] + 0.5) * factor - cell / 2}px`,
            width: `${cell}px`, height: `${cell}px`,
          }}
        />
      )}
    </div>
  );
}

/** The layer's range, from the block of all maps: the large map has the colours of its tile. */
function layerScale(channel: number) {
  const block = maps.at.value.value;
  return block ? scaleOf(block, channel, { scale: 'layer', low: 0, high: 1 }) : { low: 0, high: 1, signed: false };
}

/** What the channel does for the explained class: estimated, and measured where that was done. */
function Effect({ channel }: { channel: number }) {
  const one = channels.at.value.value?.channels.find((effect) => effect.c === channel);
  const class_ = top.at.value.value?.top.find((answer) => answer.c === target.value);
  if (!one) return null;
  return (
    <p class="effect">
      {say('channel.effect', { name: class_ ? className(class_) : say('answer.class', { number: target.value ?? 0 }), estimate: signed(one.est) })}
      {one.measured !== null && ` ${say('channel.measured', { measured: signed(one.measured) })}`}
    </p>
  );
}

/** The value at the chosen place, to the last digit, and the products it is the sum of. */
function ValueFacts() {
  const place = view.value.place;
  const loaded = value.at.value;
  const own = plane.at.value.value;
  const channel = view.value.channel;
  if (!place) return <p class="quiet dock-value">{say('channel.choosePlace')}</p>;
  const exact = own && !isStale(plane.at.value) && channel !== null ? valueAt(own, channel, place[0], place[1]) : null;
  return (
    <div class="dock-value">
      <p>
        {say('channel.valueAt', { y: place[0], x: place[1] })} <strong class="exact">{number(exact, 7)}</strong>
      </p>
      {loaded.problem && <p class="quiet">{loaded.problem.detail}</p>}
      {loaded.value && <Terms terms={loaded.value} stale={isStale(loaded)} />}
    </div>
  );
}
