// The weights as pictures: kernels of the first layer in colour, deeper ones slice by slice, with the named filter each
// resembles where it resembles one.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { getJson, getMaps, keptMaps, part } from '../api/client';
import { valueAt, type FeatureMaps } from '../api/fmap';
import type { KernelStatistics, Layer } from '../api/types';
import { paletteFor } from '../draw/palette';
import { PlaneCanvas } from '../draw/paint';
import { Button, Empty, ProblemNote } from '../parts/controls';
import { Icon } from '../parts/icon';
import { base } from '../api/client';
import { chooseChannel } from '../state/actions';
import { number, percent, shape, whole } from '../state/numbers';
import { isStale, resource } from '../state/resource';
import { kernelLayer, modelId, view } from '../state/store';
import { say, sayIfKnown } from '../text/say';

const page = signal(0);
const pageSize = 64;

const weightsPath = (): string => `/models/${part(modelId.value)}/layers/${part(kernelLayer.value?.name ?? '')}/weights`;
const isOpen = (): boolean => view.value.tab === 'kernels' && modelId.value !== '' && kernelLayer.value !== null;

/** Input slices of the filters on this page: at most eight for each, the first ones. */
const slices = resource<FeatureMaps>(
  () => {
    const facts = kernelLayer.value;
    if (!isOpen() || !facts) return null;
    const out = facts.shape[facts.shape.length - 1] ?? 1;
    const from = Math.min(page.value * pageSize, Math.max(0, out - 1));
    const to = Math.min(from + pageSize, out) - 1;
    const last = Math.min(inputChannels(facts) - 1, 7);
    return `${weightsPath()}?view=kernels&out=${from}-${to}&in=0-${last}&dtype=f32&fit=0`;
  },
  getMaps,
  keptMaps,
);
const statistics = resource<KernelStatistics>(() => (isOpen() ? `${weightsPath()}/stats` : null), getJson);

/** Input channels of each kernel: the last but one extent of the weight. */
function inputChannels(facts: Layer): number {
  const kernel = facts.weights.find((weight) => weight.shape.length >= 3);
  return kernel?.shape[kernel.shape.length - 2] ?? 1;
}

export function KernelsView() {
  const loaded = slices.at.value;
  const facts = kernelLayer.value;
  if (loaded.problem) return <ProblemNote problem={loaded.problem} onAgain={slices.again} />;
  if (!loaded.value || !facts) return <Empty>{say('maps.loading')}</Empty>;
  const out = facts.shape[facts.shape.length - 1] ?? 1;
  const inputs = inputChannels(facts);
  const kernel = facts.weights.find((weight) => weight.shape.length >= 3);
  const perFilter = Math.max(1, Math.min(inputs, 8, Math.round(loaded.value.channels / Math.min(pageSize, out - page.value * pageSize))));
  const filters = Math.floor(loaded.value.channels / perFilter);
  const from = page.value * pageSize;
  const pages = Math.ceil(out / pageSize);
  return (
    <div class={isStale(loaded) ? 'kernels stale' : 'kernels'}>
      <div class="tools">
        {kernel && <span>{say('kernels.shape', { shape: shape(kernel.shape) })}</span>}
        <span class="showing">{say('kernels.showing', { first: from, last: from + filters - 1, all: whole(out) })}</span>
        {pages > 1 && (
          <>
            <Button label={say('kernels.before')} disabled={page.value === 0} onClick={() => page.value--}>
              {say('kernels.before')}
            </Button>
            <Button label={say('kernels.next')} disabled={page.value >= pages - 1} onClick={() => page.value++}>
              {say('kernels.next')}
            </Button>
          </>
        )}
        <a class="button" href={`${base}${weightsPath()}.npy`} download={`${facts.name.replace(/[^\w.-]+/g, '_')}_weights.npy`}>
          <Icon name="save" />
          {say('export.npy')}
        </a>
        {inputs > perFilter && <span class="quiet">{say('kernels.slices', { shown: perFilter, all: whole(inputs) })}</span>}
      </div>
      <ul class={perFilter <= 3 ? 'kernel-list few' : 'kernel-list'}>
        {Array.from({ length: filters }, (_, index) => (
          <Kernel key={from + index} block={loaded.value as FeatureMaps} filter={from + index} first={index * perFilter} count={perFilter} colour={inputs === 3 && perFilter === 3} />
        ))}
      </ul>
    </div>
  );
}

interface KernelProps {
  block: FeatureMaps;
  filter: number;
  first: number;
  count: number;
  colour: boolean;
}

function Kernel({ block, filter, first, count, colour }: KernelProps) {
  const facts = statistics.at.value.value?.filters.find((one) => one.c === filter);
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const pictures: HTMLCanvasElement[] = colour ? [colourKernel(block, first)] : [];
    let reach = 1e-30;
    for (let slice = 0; slice < count; slice++) {
      const own = block.statistics(block.firstChannel + first + slice);
      reach = Math.max(reach, Math.abs(own.minimum), Math.abs(own.maximum));
    }
    for (let slice = 0; slice < count; slice++) {
      const scale = { low: -reach, high: reach, signed: true };
      pictures.push(new PlaneCanvas().paint(block, block.firstChannel + first + slice, scale, paletteFor(view.peek().palette, true)));
    }
    row.current?.replaceChildren(...pictures);
  }, [block, first, count, colour]);
  const like = facts?.like;
  return (
    <li>
      <button type="button" class={view.value.channel === filter ? 'kernel chosen' : 'kernel'} onClick={() => chooseChannel(filter)}>
        <span class="kernel-name">
          <span class="unseen">{say('kernels.filter')} </span>
          {filter}
        </span>
        <div class="kernel-row" ref={row} />
        {facts && (
          <span class="quiet kernel-facts">
            {say('kernels.norm', { norm: number(facts.norm, 3) })}
            {facts.bias != null && ` ${say('kernels.bias', { bias: number(facts.bias, 2) })}`}
          </span>
        )}
        {like && <span class="kernel-like">{say(like.score < 0 ? 'kernels.opposite' : 'kernels.like', { name: sayIfKnown(`filter.${like.name}`) ?? like.name, score: percent(Math.abs(like.score), 0) })}</span>}
      </button>
    </li>
  );
}

/** Three slices as one picture in colour; zero is middle grey. */
function colourKernel(block: FeatureMaps, first: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = block.width;
  canvas.height = block.height;
  const pixels = new ImageData(block.width, block.height);
  let reach = 1e-30;
  for (let part = 0; part < 3; part++) {
    const own = block.statistics(block.firstChannel + first + part);
    reach = Math.max(reach, Math.abs(own.minimum), Math.abs(own.maximum));
  }
  for (let y = 0; y < block.height; y++) {
    for (let x = 0; x < block.width; x++) {
      const at = (y * block.width + x) * 4;
      for (let part = 0; part < 3; part++) {
        pixels.data[at + part] = 128 + (valueAt(block, block.firstChannel + first + part, y, x) / reach) * 127;
      }
      pixels.data[at + 3] = 255;
    }
  }
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  return canvas;
}
