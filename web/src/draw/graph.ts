// The network on a canvas: cards and edges where the server laid them out, drawn in as much detail as the magnification
// leaves room for. Pure drawing and pure geometry; no state.
import type { Graph, GraphNode } from '../api/types';
import { shape } from '../state/numbers';

export interface Camera {
  /** Middle of the window in the graph's units. */
  x: number;
  y: number;
  zoom: number;
}

export interface GraphLook {
  card: string;
  line: string;
  edge: string;
  text: string;
  muted: string;
  accent: string;
  group: string;
  danger: string;
  font: string;
  /** Band colour of a card. */
  kind(node: GraphNode): string;
  /** A share from 0 to 1 shown as a bar with its text, or null. */
  measure(node: GraphNode): { share: number; text: string } | null;
  isBad(node: GraphNode): boolean;
}

export interface GraphMarks {
  selected: string | null;
  focused: string | null;
  hovered: string | null;
}

/** The camera that shows all of a graph, never larger than 1:1. */
export function fitCamera(graph: Pick<Graph, 'w' | 'h'>, width: number, height: number, margin = 16): Camera {
  const zoom = Math.min((width - 2 * margin) / graph.w, (height - 2 * margin) / graph.h, 1);
  return { x: graph.w / 2, y: graph.h / 2, zoom: Math.max(zoom, 0.02) };
}

/** The camera after zooming by `factor` with the point under (px, py) of the window held still. */
export function zoomAt(camera: Camera, factor: number, px: number, py: number, width: number, height: number): Camera {
  const zoom = Math.min(Math.max(camera.zoom * factor, 0.02), 4);
  const x = camera.x + (px - width / 2) * (1 / camera.zoom - 1 / zoom);
  const y = camera.y + (py - height / 2) * (1 / camera.zoom - 1 / zoom);
  return { x, y, zoom };
}

export function toGraph(camera: Camera, px: number, py: number, width: number, height: number): [number, number] {
  return [camera.x + (px - width / 2) / camera.zoom, camera.y + (py - height / 2) / camera.zoom];
}

/** The node under a point in the graph's units; a few units beside it count. */
export function nodeAt(graph: Graph, x: number, y: number, slack = 0): GraphNode | null {
  for (const node of graph.nodes) {
    if (x >= node.x - slack && x <= node.x + node.w + slack && y >= node.y - slack && y <= node.y + node.h + slack) return node;
  }
  return null;
}

/** Whether a card can be seen whole at this camera. */
export function isInSight(camera: Camera, node: GraphNode, width: number, height: number): boolean {
  const halfWidth = width / 2 / camera.zoom;
  const halfHeight = height / 2 / camera.zoom;
  return (
    node.x >= camera.x - halfWidth &&
    node.x + node.w <= camera.x + halfWidth &&
    node.y >= camera.y - halfHeight &&
    node.y + node.h <= camera.y + halfHeight
  );
}

export function drawGraph(
  context: CanvasRenderingContext2D,
  graph: Graph,
  camera: Camera,
  look: GraphLook,
  marks: GraphMarks,
  width: number,
  height: number,
): void {
  const halfWidth = width / 2 / camera.zoom;
  const halfHeight = height / 2 / camera.zoom;
  const left = camera.x - halfWidth;
  const right = camera.x + halfWidth;
  const top = camera.y - halfHeight;
  const bottom = camera.y + halfHeight;
  const inSight = (box: { x: number; y: number; w: number; h: number }): boolean =>
    box.x < right && box.x + box.w > left && box.y < bottom && box.y + box.h > top;

  context.save();
  context.translate(width / 2, height / 2);
  context.scale(camera.zoom, camera.zoom);
  context.translate(-camera.x, -camera.y);

  for (const group of groupBoxes(graph)) if (inSight(group)) drawGroup(context, group, camera, look);
  drawEdges(context, graph, camera, look, marks, left, right, top, bottom);
  for (const node of graph.nodes) if (inSight(node)) drawCard(context, node, camera, look, marks);
  context.restore();
}

interface GroupBox {
  label: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

const boxesOf = new WeakMap<Graph, GroupBox[]>();

/** Columns that a wrapped network flows in: a line that goes upwards leads into the next. */
function columnsOf(graph: Graph): Map<string, number> {
  const columns = new Map<string, number>();
  const places = new Map(graph.nodes.map((node) => [node.id, node]));
  const incoming = new Map<string, string[]>();
  for (const edge of graph.edges) incoming.set(edge.to, [...(incoming.get(edge.to) ?? []), edge.from]);
  for (const node of graph.nodes) {
    let column = 0;
    for (const from of incoming.get(node.id) ?? []) {
      const wraps = node.y < (places.get(from)?.y ?? 0);
      column = Math.max(column, (columns.get(from) ?? 0) + (wraps ? 1 : 0));
    }
    columns.set(node.id, column);
  }
  return columns;
}

/** A box around the cards of each group; a group that goes on in the next column has two. */
export function groupBoxes(graph: Graph): GroupBox[] {
  const before = boxesOf.get(graph);
  if (before) return before;
  const boxes: GroupBox[] = [];
  const columns = columnsOf(graph);
  const open = new Map<string, GroupBox>();
  for (const node of graph.nodes) {
    if (node.group === undefined) continue;
    const key = `${columns.get(node.id) ?? 0} ${node.group}`;
    if (node.id === node.group) continue; // a whole module as one card
    const box = open.get(key);
    if (!box) {
      const made = { label: node.group, x: node.x, y: node.y, w: node.w, h: node.h };
      boxes.push(made);
      open.set(key, made);
      continue;
    }
    const right = Math.max(box.x + box.w, node.x + node.w);
    const bottom = Math.max(box.y + box.h, node.y + node.h);
    box.x = Math.min(box.x, node.x);
    box.y = Math.min(box.y, node.y);
    box.w = right - box.x;
    box.h = bottom - box.y;
  }
  // A name that all its cards begin with is told already.
  for (const box of boxes) {
    if (graph.nodes.every((node) => node.group !== box.label || node.id.startsWith(box.label))) box.label = '';
    box.x -= 7;
    box.y -= 7;
    box.w += 14;
    box.h += 14;
  }
  boxesOf.set(graph, boxes);
  return boxes;
}

function drawGroup(context: CanvasRenderingContext2D, group: GroupBox, camera: Camera, look: GraphLook): void {
  context.fillStyle = look.group;
  context.beginPath();
  context.roundRect(group.x, group.y, group.w, group.h, 8);
  context.fill();
  context.strokeStyle = look.line;
  context.globalAlpha = 0.5;
  context.lineWidth = 1;
  context.stroke();
  context.globalAlpha = 1;
  if (camera.zoom < 0.3 || group.label === '') return;
  context.fillStyle = look.muted;
  context.font = `600 ${Math.min(16, 9.5 / camera.zoom)}px ${look.font}`;
  context.textBaseline = 'bottom';
  context.fillText(group.label, group.x + 2, group.y - 1, Math.max(20, group.w / 2 - 14));
}

function drawEdges(
  context: CanvasRenderingContext2D,
  graph: Graph,
  camera: Camera,
  look: GraphLook,
  marks: GraphMarks,
  left: number,
  right: number,
  top: number,
  bottom: number,
): void {
  const touched = marks.hovered ?? marks.selected;
  context.lineJoin = 'round';
  for (const edge of graph.edges) {
    const xs = edge.pts.map((point) => point[0]);
    const ys = edge.pts.map((point) => point[1]);
    if (Math.max(...xs) < left || Math.min(...xs) > right || Math.max(...ys) < top || Math.min(...ys) > bottom) continue;
    const marked = touched !== null && (edge.from === touched || edge.to === touched);
    context.strokeStyle = marked ? look.accent : look.edge;
    context.lineWidth = (marked ? 1.8 : 1.1) / Math.max(camera.zoom, 0.5);
    context.beginPath();
    traceEdge(context, edge.pts);
    context.stroke();
    if (camera.zoom >= 0.45) drawArrow(context, edge.pts, marked ? look.accent : look.edge);
    if (camera.zoom >= 0.75) drawShape(context, edge, look);
  }
}

/** A line through the points with round corners. */
function traceEdge(context: CanvasRenderingContext2D, points: readonly [number, number][]): void {
  const first = points[0];
  const last = points[points.length - 1];
  if (!first || !last) return;
  context.moveTo(first[0], first[1]);
  for (let index = 1; index < points.length - 1; index++) {
    const corner = points[index];
    const next = points[index + 1];
    if (corner && next) context.arcTo(corner[0], corner[1], next[0], next[1], 8);
  }
  context.lineTo(last[0], last[1]);
}

function drawArrow(context: CanvasRenderingContext2D, points: readonly [number, number][], colour: string): void {
  const end = points[points.length - 1];
  const before = points[points.length - 2];
  if (!end || !before) return;
  const angle = Math.atan2(end[1] - before[1], end[0] - before[0]);
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(end[0], end[1]);
  context.lineTo(end[0] - 6 * Math.cos(angle - 0.45), end[1] - 6 * Math.sin(angle - 0.45));
  context.lineTo(end[0] - 6 * Math.cos(angle + 0.45), end[1] - 6 * Math.sin(angle + 0.45));
  context.fill();
}

/** The shape that flows along an edge, beside the middle of its first straight piece. */
function drawShape(context: CanvasRenderingContext2D, edge: Graph['edges'][number], look: GraphLook): void {
  const [from, to] = edge.pts;
  if (!from || !to || Math.hypot(to[0] - from[0], to[1] - from[1]) < 13) return;
  context.font = `9px ${look.font}`;
  context.fillStyle = look.muted;
  context.textBaseline = 'middle';
  context.fillText(shape(edge.shape), (from[0] + to[0]) / 2 + 4, (from[1] + to[1]) / 2);
}

function drawCard(context: CanvasRenderingContext2D, node: GraphNode, camera: Camera, look: GraphLook, marks: GraphMarks): void {
  const { x, y, w, h } = node;
  const selected = node.id === marks.selected;
  const bad = look.isBad(node);
  const radius = Math.min(5, h / 4);
  context.fillStyle = look.card;
  context.beginPath();
  context.roundRect(x, y, w, h, radius);
  context.fill();
  context.save();
  context.clip();
  context.fillStyle = look.kind(node);
  context.fillRect(x, y, camera.zoom < 0.35 ? w : 5, h);
  const measure = look.measure(node);
  if (measure && camera.zoom >= 0.35) {
    context.globalAlpha = 0.28;
    context.fillStyle = look.accent;
    context.fillRect(x + 5, y + h - 4, (w - 5) * measure.share, 4);
    context.globalAlpha = 1;
  }
  context.restore();
  context.strokeStyle = bad ? look.danger : selected || node.id === marks.hovered ? look.accent : look.line;
  context.lineWidth = (selected ? 2.5 : bad ? 2 : 1) / Math.max(camera.zoom, 0.4);
  context.beginPath();
  context.roundRect(x, y, w, h, radius);
  context.stroke();
  if (bad && selected) {
    context.strokeStyle = look.accent;
    context.strokeRect(x - 4, y - 4, w + 8, h + 8);
  }
  if (node.id === marks.focused) {
    context.strokeStyle = look.accent;
    context.lineWidth = 2 / camera.zoom;
    context.setLineDash([4 / camera.zoom, 3 / camera.zoom]);
    context.strokeRect(x - 4, y - 4, w + 8, h + 8);
    context.setLineDash([]);
  }
  if (camera.zoom < 0.35) return;
  drawCardText(context, node, camera, look, measure?.text ?? null);
}

/** Letters keep a size that can be read while the card shrinks: two lines, then the name alone. */
function drawCardText(context: CanvasRenderingContext2D, node: GraphNode, camera: Camera, look: GraphLook, measure: string | null): void {
  const { x, y, w, h } = node;
  const twoLines = h * camera.zoom >= 33;
  context.textBaseline = 'middle';
  let room = w - 16;
  if (!twoLines && measure) {
    // A number that colours the card is on it, too.
    context.font = `${Math.max(10.5, 10 / camera.zoom)}px ${look.font}`;
    context.fillStyle = look.muted;
    const width = context.measureText(measure).width;
    context.fillText(measure, x + w - 6 - width, y + h * 0.46);
    room -= width + 4;
  }
  context.fillStyle = look.text;
  // Before a name is cut it may become a little smaller.
  const size = Math.max(12, 11.5 / camera.zoom);
  context.font = `600 ${size}px ${look.font}`;
  const smaller = Math.max(Math.min(1, room / context.measureText(node.id).width), 0.8);
  if (smaller < 1) context.font = `600 ${size * smaller}px ${look.font}`;
  context.fillText(clipped(context, node.id, room), x + 12, twoLines ? y + h * 0.32 : y + h * 0.46);
  if (!twoLines) return;
  context.font = `${Math.max(10.5, 10 / camera.zoom)}px ${look.font}`;
  context.fillStyle = look.muted;
  const out = shape(node.out);
  const outWidth = context.measureText(out).width;
  context.fillText(clippedEnd(context, measure ?? node.k, room - outWidth - 8), x + 12, y + h * 0.7);
  context.fillText(out, x + w - 7 - outWidth, y + h * 0.7);
}

type Measure = Pick<CanvasRenderingContext2D, 'measureText'>;

/** The text, or as much of it as fits, its end kept: names differ at their ends. */
export function clipped(context: Measure, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let short = text;
  while (short.length > 1 && context.measureText('…' + short).width > room) short = short.slice(1);
  return '…' + short;
}

/** The text, or its beginning. */
export function clippedEnd(context: Measure, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let short = text;
  while (short.length > 0 && context.measureText(short + '…').width > room) short = short.slice(0, -1);
  return short === '' ? '' : short + '…';
}
