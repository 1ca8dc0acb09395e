// The server's stream of events, shared by the browser's tabs (events_worker.ts). `connected` follows it.
import { signal } from '@preact/signals';

export const connected = signal<'connecting' | 'open' | 'lost'>('connecting');

type Listener = (data: Record<string, unknown>) => void;
const listeners = new Map<string, Set<Listener>>();

/** Calls `listener` with every event of that name; returns what ends it. */
export function listen(event: string, listener: Listener): () => void {
  const set = listeners.get(event) ?? new Set();
  listeners.set(event, set);
  set.add(listener);
  return () => set.delete(listener);
}

interface Message {
  state?: 'connecting' | 'open' | 'lost';
  event?: string;
  data?: string;
}

function receive(message: Message): void {
  if (message.state) connected.value = message.state;
  if (!message.event) return;
  let data: Record<string, unknown> = {};
  try {
    data = JSON.parse(message.data ?? '{}') as Record<string, unknown>;
  } catch {
    return;
  }
  for (const listener of listeners.get(message.event) ?? []) listener(data);
}

export function startEvents(): void {
  const name = document.querySelector<HTMLMetaElement>('meta[name=explorer-events]')?.content;
  if (name && 'SharedWorker' in window) {
    const worker = new SharedWorker(name, { type: 'module' });
    worker.port.onmessage = (event: MessageEvent<Message>) => receive(event.data);
    worker.port.start();
    return;
  }
  // Without shared workers this tab has a stream of its own, made by the same code.
  const channel = new MessageChannel();
  channel.port1.onmessage = (event: MessageEvent<Message>) => receive(event.data);
  void import('./events_worker').then(() => {
    dispatchEvent(new MessageEvent('connect', { ports: [channel.port2] }));
  });
}
