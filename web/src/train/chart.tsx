// One chart: a number of each step as a thin line, those of each epoch over it, training and validation apart by colour and
// by marks.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { plain } from '../state/numbers';
import { colour, themeDrawn, typeFace } from '../state/theme';
import { epochPlaces, smoothed, stepPlaces, type Axis } from './axis';
import { extremes } from './facts';
import type { Other } from './others';
import type { Columns } from './rows';
import { sayTrain } from './text';

export interface ChartProps {
  name: 'loss' | 'accuracy' | 'learning_rate';
  steps: Columns;
  epochs: Columns;
  others: readonly Other[];
  axis: Axis;
  /** 0: as it is, up to below 1. */
  smoothing: number;
  logarithmic?: boolean;
}

type Line = [x: number[], y: (number | null)[]];

/** Lines over axes of their own, joined over one that has the places of all. */
export function joined(lines: Line[]): uPlot.AlignedData {
  const places = [...new Set(lines.flatMap(([x]) => x))].sort((a, b) => a - b);
  const columns = lines.map(([x, y]) => {
    const values = new Map(x.map((place, i) => [place, y[i] ?? null]));
    return places.map((place) => (values.has(place) ? (values.get(place) ?? null) : undefined));
  });
  return [places, ...columns] as uPlot.AlignedData;
}

const data = ({ name, steps, epochs, others, axis, smoothing, logarithmic }: ChartProps): uPlot.AlignedData => {
  const shown = (values: (number | null)[] | undefined): (number | null)[] => (values ?? []).map((value) => (value !== null && logarithmic && value <= 0 ? null : value));
  const lines = (one: { steps: Columns; epochs: Columns }): Line[] => {
    const ends = epochPlaces(axis, one.steps, one.epochs);
    return [
      [stepPlaces(axis, one.steps, one.epochs), shown(smoothed(one.steps[name] ?? [], smoothing))],
      [ends, shown(one.epochs[name])],
      [ends, shown(one.epochs[`val_${name}`])],
    ];
  };
  // Of the others their epochs, where they have some.
  const behind = others.flatMap((one) => (one.epochs['epoch'] ? lines(one).slice(1) : lines(one).slice(0, 2)));
  return joined([...lines({ steps, epochs }), ...behind]);
};

const dashes = [[1, 0], [6, 3], [2, 3], [8, 2, 2, 2]];

function othersSeries(others: readonly Other[]): uPlot.Series[] {
  return others.flatMap((one, i) => {
    const line = { width: 1.5, dash: dashes[i % dashes.length] ?? [], points: { show: false }, spanGaps: true };
    return [
      { ...line, label: one.name, stroke: colour('--muted') },
      { ...line, label: `${one.name}, ${sayTrain('validation')}`, stroke: colour('--line-strong') },
    ];
  });
}

function options(props: ChartProps, width: number): uPlot.Options {
  const axis = { stroke: colour('--muted'), font: `11px ${typeFace()}`, grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1 } };
  return {
    width,
    height: 240,
    scales: { x: { time: false }, y: props.logarithmic ? { distr: 3 } : {} },
    cursor: { sync: { key: 'training' } },
    series: [
      { label: sayTrain(`axis.${props.axis}`), value: (_, value) => (value === null ? '' : plain(value, 5)) },
      { label: sayTrain('steps'), stroke: colour('--before'), width: 1, points: { show: false } },
      { label: sayTrain('epochs'), stroke: colour('--bar'), width: 2, points: { show: true, size: 5 }, spanGaps: true },
      { label: sayTrain('validation'), stroke: colour('--bar-negative'), width: 2, dash: [5, 4], points: { show: true, size: 8 }, spanGaps: true },
      ...othersSeries(props.others),
    ],
    axes: [axis, { ...axis, size: 70, values: (_, values) => values.map((value) => (value === null ? '' : plain(value, 3))) }],
  };
}

export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const looks = [themeDrawn.value, props.logarithmic, props.axis, sayTrain('validation'), ...props.others.map((one) => one.name)].join(' ');
  useEffect(() => {
    const room = place.current;
    if (!room) return undefined;
    const made = new uPlot(options(props, room.clientWidth || 400), data(props), room);
    plot.current = made;
    const sizes = new ResizeObserver(() => made.setSize({ width: room.clientWidth, height: 240 }));
    sizes.observe(room);
    return () => {
      sizes.disconnect();
      made.destroy();
    };
  }, [looks]);
  useEffect(() => plot.current?.setData(data(props)), [props.steps, props.epochs, props.smoothing, props.others]);
  const axis = props.epochs['epoch'] ?? [];
  const told = ([['epochs', props.name], ['validation', `val_${props.name}`]] as const)
    .map(([name, column]) => [name, extremes(axis, props.epochs[column] ?? [])] as const)
    .filter(([, found]) => found !== null);
  return (
    <section class="train-chart" aria-label={sayTrain(props.name)}>
      <h2>{sayTrain(props.name)}</h2>
      <div ref={place} role="img" aria-label={sayTrain(props.name)} />
      {told.map(([name, found]) => found && (
        <p key={name} class="quiet">
          {sayTrain('summary', { name: sayTrain(name), step: sayTrain('epoch'), first: plain(found.first), last: plain(found.last), low: plain(found.low), lowAt: found.lowAt, high: plain(found.high), highAt: found.highAt })}
        </p>
      ))}
    </section>
  );
}
