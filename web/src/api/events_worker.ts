// One stream of events for all tabs of this browser: a SharedWorker holds it, because a browser opens only about six
// connections to one origin. Every message is { event, data } or { state }.

interface Port {
  postMessage(message: unknown): void;
  start(): void;
}

const ports: Port[] = [];
let stream: EventSource | null = null;
let state = 'connecting';
const kinds = [
  'run.layer', 'run.done', 'run.error', 'job.progress', 'job.done', 'job.error', 'model.progress', 'model.done',
  'model.error', 'train.step', 'train.epoch', 'train.eval', 'train.ckpt', 'train.state', 'train.warn', 'train.end',
  'images', 'models', 'reset',
];

function tell(message: unknown): void {
  for (const port of ports) port.postMessage(message);
}

function open(): void {
  stream = new EventSource('/api/v1/events');
  stream.addEventListener('open', () => tell({ state: (state = 'open') }));
  stream.addEventListener('error', () => {
    tell({ state: (state = 'lost') });
    // A stream that the server ended for good is opened anew by hand.
    if (stream?.readyState === EventSource.CLOSED) setTimeout(open, 1500);
  });
  for (const kind of kinds) {
    stream.addEventListener(kind, (event) => tell({ event: kind, data: (event as MessageEvent<string>).data }));
  }
}

addEventListener('connect', (event) => {
  const port = (event as MessageEvent).ports[0];
  if (!port) return;
  ports.push(port);
  port.start();
  if (!stream) open();
  else port.postMessage({ state });
});

export {};
