// The graph pane: canvas with the laid-out network, minimap, zoom, and beside the canvas a tree of the same nodes that is
// the keyboard's and the screen reader's way through it.
import { computed, signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { drawGraph, fitCamera, isInSight, nodeAt, toGraph, zoomAt, type Camera } from '../draw/graph';
import { fitCanvas } from '../draw/paint';
import type { GraphNode } from '../api/types';
import { Button, Empty, Menu, ProblemNote, Segments } from '../parts/controls';
import { Icon } from '../parts/icon';
import { useSize } from '../parts/size';
import { chooseLayer, stepLayer } from '../state/actions';
import { shape, whole } from '../state/numbers';
import { change, graph, isOtherModel, model, node, outputOf, view } from '../state/store';
import { colours, folds } from '../state/view';
import { say, sayIfKnown } from '../text/say';
import { graphLook, nodeName } from './graph_look';
import { GraphTree } from './graph_tree';

export const focusedNode = signal<string | null>(null);
const hovered = signal<GraphNode | null>(null);
/** The pane's size, which the camera depends on. */
const paneSize = signal({ width: 0, height: 0 });

/** The camera of the address, or the one that shows everything. */
export const camera = computed<Camera>(() => {
  const set = view.value.camera;
  if (set) return { x: set[0], y: set[1], zoom: set[2] };
  const value = graph.at.value.value;
  const { width, height } = paneSize.value;
  if (!value || width === 0) return { x: 0, y: 0, zoom: 1 };
  const whole = fitCamera(value, width, height);
  // A network too large to read when shown whole begins at its input, legibly.
  if (whole.zoom >= 0.42) return whole;
  const zoom = Math.min(0.62, Math.max(0.42, (width - 24) / value.w));
  const first = value.nodes[0];
  return {
    x: value.w * zoom <= width ? value.w / 2 : Math.max((first?.x ?? 0) + (first?.w ?? 0) / 2, width / 2 / zoom - 12),
    y: Math.min(value.h / 2, height / 2 / zoom - 12),
    zoom,
  };
});

function setCamera(next: Camera): void {
  change({ camera: [next.x, next.y, next.zoom] });
}

export function zoomGraph(factor: number): void {
  const { width, height } = paneSize.peek();
  setCamera(zoomAt(camera.peek(), factor, width / 2, height / 2, width, height));
}
export function fitGraph(): void {
  const value = graph.at.peek().value;
  const { width, height } = paneSize.peek();
  if (value) setCamera(fitCamera(value, width, height));
}

/** Moves the window just so far that the chosen node is in it. */
export function showNode(one: GraphNode): void {
  const { width, height } = paneSize.peek();
  const now = camera.peek();
  if (width > 0 && !isInSight(now, one, width, height)) setCamera({ ...now, x: one.x + one.w / 2, y: one.y + one.h / 2 });
}

export function GraphPane() {
  const loaded = graph.at.value;
  const { fold, colour } = view.value;
  return (
    <section class="pane graph-pane" aria-label={say('graph.title')} id="graph">
      <div class="pane-tools">
        <Segments
          label={say('graph.fold')}
          value={fold}
          choices={folds.map((choice) => ({ value: choice, text: say(`fold.${choice}`), title: say(`fold.${choice}.title`) }))}
          onChoose={(choice) => change({ fold: choice, camera: null })}
        />
        <Menu
          label={say('graph.colour')}
          hideLabel
          value={colour}
          choices={colours.map((choice) => ({ value: choice, text: `${say('graph.colour')}: ${say(`colour.${choice}`)}` }))}
          onChoose={(choice) => change({ colour: choice })}
        />
      </div>
      {isOtherModel.value && <p class="stale-note">{say('page.otherModel')}</p>}
      {loaded.problem && <ProblemNote problem={loaded.problem} onAgain={graph.again} />}
      {!loaded.value && !loaded.problem && <Empty>{say('graph.loading')}</Empty>}
      {loaded.value && <GraphCanvas />}
      {loaded.value && <GraphFoot />}
      {model.at.value.value?.warnings.map((warning) => (
        <p key={warning.code} class="pane-warning">
          <Icon name="warning" />
          <span>{sayIfKnown(`warning.${warning.code}`) ?? warning.detail}</span>
        </p>
      ))}
    </section>
  );
}

function GraphFoot() {
  const totals = model.at.value.value?.totals;
  if (!totals) return null;
  const shown = graph.at.value.value?.nodes.length ?? 0;
  return (
    <p class="pane-foot">
      {say('graph.totals', { shown: whole(shown), layers: whole(totals.layers), params: whole(totals.parameters) })}
    </p>
  );
}

function GraphCanvas() {
  const [box, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const value = graph.at.value.value;
  useEffect(() => {
    paneSize.value = size;
  }, [size]);

  const at = (event: { clientX: number; clientY: number }): [number, number] => {
    const place = canvas.current?.getBoundingClientRect();
    return [event.clientX - (place?.left ?? 0), event.clientY - (place?.top ?? 0)];
  };
  const find = (event: { clientX: number; clientY: number }): GraphNode | null => {
    if (!value) return null;
    const [px, py] = at(event);
    return nodeAt(value, ...toGraph(camera.peek(), px, py, size.width, size.height), 3);
  };
  // A wheel listener that may keep the page from scrolling has to be added by hand.
  useEffect(() => {
    const target = canvas.current;
    const zoom = (event: WheelEvent): void => {
      event.preventDefault();
      const [px, py] = at(event);
      setCamera(zoomAt(camera.peek(), Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.04 : 0.0015)), px, py, size.width, size.height));
    };
    target?.addEventListener('wheel', zoom, { passive: false });
    return () => target?.removeEventListener('wheel', zoom);
  }, [size.width, size.height]);

  const down = (event: PointerEvent): void => {
    const target = canvas.current;
    if (!target || event.button !== 0) return;
    const from = at(event);
    const before = camera.peek();
    let moved = false;
    target.setPointerCapture(event.pointerId);
    target.onpointermove = (move) => {
      const to = at(move);
      if (Math.hypot(to[0] - from[0], to[1] - from[1]) > 3) moved = true;
      if (!moved) return;
      if (event.shiftKey) drag.value = { x: Math.min(from[0], to[0]), y: Math.min(from[1], to[1]), w: Math.abs(to[0] - from[0]), h: Math.abs(to[1] - from[1]) };
      else setCamera({ ...before, x: before.x - (to[0] - from[0]) / before.zoom, y: before.y - (to[1] - from[1]) / before.zoom });
    };
    target.onpointerup = (up) => {
      target.onpointermove = null;
      target.onpointerup = null;
      const one = find(up);
      if (!moved && one) chooseLayer(outputOf(one));
      const area = drag.peek();
      drag.value = null;
      if (!area || area.w < 8 || area.h < 8) return;
      const [x, y] = toGraph(before, area.x + area.w / 2, area.y + area.h / 2, size.width, size.height);
      setCamera({ x, y, zoom: Math.min(4, before.zoom * Math.min(size.width / area.w, size.height / area.h)) });
    };
  };
  const double = (event: MouseEvent): void => {
    const one = find(event);
    if (one && one.members.length > 1) change({ fold: view.peek().fold === 'module' ? 'block' : 'none', camera: null, layer: outputOf(one) }, true);
  };

  return (
    <div class="graph-box" ref={box}>
      <canvas
        ref={canvas}
        class="graph-canvas"
        aria-hidden="true"
        onPointerDown={down}
        onDblClick={double}
        onPointerMove={(event) => (hovered.value = find(event))}
        onPointerLeave={() => (hovered.value = null)}
      />
      <Drawing canvas={canvas} />
      <DragBox />
      <NodeHint />
      <GraphTree onMove={stepLayer} focused={focusedNode} />
      <Minimap width={size.width} height={size.height} />
      <div class="graph-zoom">
        <Button icon="plus" label={say('graph.zoomIn')} onClick={() => zoomGraph(1.4)} />
        <Button icon="minus" label={say('graph.zoomOut')} onClick={() => zoomGraph(1 / 1.4)} />
        <Button icon="fit" label={say('graph.fit')} onClick={fitGraph} />
      </div>
    </div>
  );
}

/** Draws the network at every change of what it looks like; apart from the pane, whose tree such a change leaves alone. */
function Drawing({ canvas }: { canvas: RefObject<HTMLCanvasElement | null> }) {
  const value = graph.at.value.value;
  const { width, height } = paneSize.value;
  const chosen = node.value;
  // Read here and not in the effect, so that a change of any draws again.
  const look = graphLook();
  const now = camera.value;
  const marks = { selected: chosen?.id ?? null, focused: focusedNode.value, hovered: hovered.value?.id ?? null };
  useEffect(() => {
    if (!canvas.current || !value || width === 0) return;
    const context = fitCanvas(canvas.current, width, height);
    if (context) drawGraph(context, value, now, look, marks, width, height);
    performance.mark('graph-drawn');
  });
  useEffect(() => {
    if (chosen) showNode(chosen);
  }, [chosen?.id, value?.fold, width > 0]);
  return null;
}

const drag = signal<{ x: number; y: number; w: number; h: number } | null>(null);

function DragBox() {
  const area = drag.value;
  if (!area) return null;
  return <div class="drag-box" style={{ left: `${area.x}px`, top: `${area.y}px`, width: `${area.w}px`, height: `${area.h}px` }} />;
}

function NodeHint() {
  const one = hovered.value;
  if (!one) return null;
  return (
    <div class="graph-hint" aria-hidden="true">
      <strong>{one.id}</strong>
      <span>{nodeName(one)}</span>
      <span>{shape(one.out)}</span>
      {one.params > 0 && <span>{say('facts.params', { count: whole(one.params) })}</span>}
    </div>
  );
}

/** The whole graph small, with the window in it; a click or a drag moves the window. */
function Minimap({ width, height }: { width: number; height: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const value = graph.at.value.value;
  const now = camera.value;
  const shown = value !== null && width > 0 && (value.w * now.zoom > width + 8 || value.h * now.zoom > height + 8);
  const scale = value ? Math.min(84 / value.w, 120 / value.h) : 1;
  const mapWidth = value ? Math.max(20, value.w * scale) : 0;
  const mapHeight = value ? Math.max(20, value.h * scale) : 0;
  const look = graphLook();
  const chosen = node.value;
  useEffect(() => {
    if (!shown || !value || !canvas.current) return;
    const context = fitCanvas(canvas.current, mapWidth, mapHeight);
    if (!context) return;
    for (const one of value.nodes) {
      context.fillStyle = one.id === chosen?.id ? look.accent : look.kind(one);
      context.fillRect(one.x * scale, one.y * scale, Math.max(1.5, one.w * scale), Math.max(1.5, one.h * scale));
    }
    context.strokeStyle = look.accent;
    context.lineWidth = 1.5;
    context.strokeRect(
      Math.max(0.5, (now.x - width / 2 / now.zoom) * scale),
      Math.max(0.5, (now.y - height / 2 / now.zoom) * scale),
      Math.min(mapWidth - 1, (width / now.zoom) * scale),
      Math.min(mapHeight - 1, (height / now.zoom) * scale),
    );
  });
  if (!shown || !value) return null;
  const move = (event: PointerEvent): void => {
    const place = canvas.current?.getBoundingClientRect();
    if (!place) return;
    setCamera({ ...camera.peek(), x: (event.clientX - place.left) / scale, y: (event.clientY - place.top) / scale });
  };
  return (
    <canvas
      ref={canvas}
      class="minimap"
      aria-hidden="true"
      style={{ width: `${mapWidth}px`, height: `${mapHeight}px` }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        move(event);
        event.currentTarget.onpointermove = move;
        event.currentTarget.onpointerup = () => {
          if (canvas.current) canvas.current.onpointermove = null;
        };
      }}
    />
  );
}

