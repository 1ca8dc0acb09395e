// All that goes to the server and comes back. Addresses with a content hash never change their answer, so binary blocks
// are kept in memory up to a limit; what fails is a Problem (application/problem+json), thrown.
import { signal } from '@preact/signals';
import { ByteCache } from './cache';
import { readFeatureMaps, type FeatureMaps } from './fmap';
import type { Problem } from './types';

export const base = '/api/v1';

/** A failure the server explained, or the network's own. */
export class Failure extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

export function problemOf(reason: unknown): Problem {
  if (reason instanceof Failure) return reason.problem;
  const detail = reason instanceof Error ? reason.message : String(reason);
  return { title: 'Error', status: 0, code: 'page', detail };
}

/** The problem of a run or a job that ended badly; null when it did not. */
export function problemOfState(one: { state: string; code?: string; detail?: string }): Problem | null {
  if (one.state !== 'failed' && one.state !== 'cancelled') return null;
  return { title: one.code ?? one.state, status: 0, code: one.code ?? one.state, detail: one.detail ?? one.state };
}

export function isAbort(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'AbortError';
}

/** Whether the last request reached the server. */
export const reachable = signal(true);
let token = '';

export function setToken(value: string): void {
  token = value;
}

async function send(address: string, options: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, options);
  } catch (reason) {
    if (isAbort(reason)) throw reason;
    reachable.value = false;
    throw new Failure({ title: 'Network', status: 0, code: 'unreachable', detail: 'the server does not answer' });
  }
  reachable.value = true;
  if (response.ok) return response;
  throw new Failure(await readProblem(response));
}

async function readProblem(response: Response): Promise<Problem> {
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('application/problem+json')) return (await response.json()) as Problem;
  const detail = `the server answered ${response.status} ${response.statusText}`.trim();
  return { title: 'Error', status: response.status, code: 'http', detail };
}

export async function getJson<Answer>(path: string, abort?: AbortSignal): Promise<Answer> {
  const response = await send(base + path, abort ? { signal: abort } : {});
  return (await response.json()) as Answer;
}

export async function postJson<Answer>(path: string, body: unknown, abort?: AbortSignal): Promise<Answer> {
  const response = await send(base + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Explorer-Token': token },
    body: JSON.stringify(body),
    ...(abort ? { signal: abort } : {}),
  });
  return (await response.json()) as Answer;
}

/** Sends a picture as it is; the server makes out its format from its bytes. */
export async function postFile<Answer>(path: string, file: Blob, name: string): Promise<Answer> {
  const response = await send(base + path + query({ name }), {
    method: 'POST',
    headers: {
      'Content-Type': file.type.startsWith('image/') ? file.type : 'image/unknown',
      'X-Explorer-Token': token,
    },
    body: file,
  });
  return (await response.json()) as Answer;
}

export async function remove(path: string): Promise<void> {
  await send(base + path, { method: 'DELETE', headers: { 'X-Explorer-Token': token } });
}

const megabyte = 1024 * 1024;
const blocks = new ByteCache<FeatureMaps>(192 * megabyte);

/** A block that was read before; no request. */
export function keptMaps(path: string): FeatureMaps | undefined {
  return blocks.get(path);
}

export async function getMaps(path: string, abort?: AbortSignal): Promise<FeatureMaps> {
  const before = blocks.get(path);
  if (before) return before;
  const response = await send(base + path, abort ? { signal: abort } : {});
  const maps = readFeatureMaps(await response.arrayBuffer());
  blocks.set(path, maps, maps.bytes);
  return maps;
}

/** Path part for a name that may hold any character. */
export function part(name: string): string {
  return encodeURIComponent(name);
}

/** "a=1&b=x" from the values that are there. */
export function query(values: Record<string, string | number | null | undefined>): string {
  const parts = Object.entries(values)
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return parts.length ? '?' + parts.join('&') : '';
}
