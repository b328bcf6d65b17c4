/**
 * Leaks for tests: a host that loads this first (`--import`) keeps memory for each request with the header `x-leak`, whose value says what
 * and how much: `heap 2` keeps objects of about two MiB, `buffers 2` a buffer of two MiB, `endless 2` such buffers until it dies. The functions have other names on the host of
 * each module, so that a report can be compared with what it must say.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

const MIB = 1_048_576;
/** Of one of the objects below, on a 64-bit machine with its string and its array. */
const OBJECT_BYTES = 128;

export interface Row {
  readonly id: number;
  readonly title: string;
  readonly tags: readonly number[];
}

const rows: Row[] = [];
const pages: Buffer[] = [];

const rowsOf = (mib: number) => Math.round((mib * MIB) / OBJECT_BYTES);

function rememberArticles(mib: number): void {
  for (let id = 0; id < rowsOf(mib); id++) rows.push({ id, title: `article ${id}`, tags: [id] });
}

function rememberComments(mib: number): void {
  for (let id = 0; id < rowsOf(mib); id++) rows.push({ id, title: `comment ${id}`, tags: [id] });
}

function rememberUploads(mib: number): void {
  for (let id = 0; id < rowsOf(mib); id++) rows.push({ id, title: `upload ${id}`, tags: [id] });
}

function renderArticles(mib: number): void {
  pages.push(Buffer.alloc(mib * MIB, 'article'));
}

function renderComments(mib: number): void {
  pages.push(Buffer.concat([Buffer.alloc((mib * MIB) / 2, 'c'), Buffer.alloc((mib * MIB) / 2, 'd')]));
}

function renderUploads(mib: number): void {
  const buffer = Buffer.allocUnsafeSlow(mib * MIB).fill('upload');
  // A small part keeps all of it.
  pages.push(buffer.subarray(0, 16));
}

/** The functions that leak, by module and kind. */
export const leaks = {
  articles: { heap: rememberArticles, buffers: renderArticles },
  comments: { heap: rememberComments, buffers: renderComments },
  media: { heap: rememberUploads, buffers: renderUploads },
} as const;

export type LeakingModule = keyof typeof leaks;
export type LeakKind = 'heap' | 'buffers';

const module = (process.env['HOST_MODULES'] ?? 'articles') as LeakingModule;

subscribe('http.server.request.start', (message) => {
  const { request } = message as { request: IncomingMessage };
  const [kind, mib] = String(request.headers['x-leak'] ?? '').split(' ');
  if (kind === 'heap' || kind === 'buffers') leaks[module]?.[kind](Number(mib));
  // No timer runs any more.
  if (kind === 'endless') for (;;) leaks[module].buffers(Number(mib));
});
