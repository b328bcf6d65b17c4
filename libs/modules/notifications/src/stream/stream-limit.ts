import { getHeapStatistics } from 'node:v8';
import { maxConnections } from '@tearline/host';
import { MAX_STREAMS } from '../notifications.settings.js';

/** Heap of one open stream, with its connection. */
const STREAM_BYTES = 49_152;
/** The part of the heap that streams may fill; the rest is for requests, the cache and the code. */
const HEAP_SHARE = 0.5;
/** The part of the connections that streams may take. */
const CONNECTION_SHARE = 0.75;

/** Returns how many streams this process has memory for, and connections beside those of requests. */
export function affordableStreams(
  heapBytes = getHeapStatistics().heap_size_limit,
  connections = maxConnections(),
): number {
  return Math.floor(Math.min((heapBytes * HEAP_SHARE) / STREAM_BYTES, connections * CONNECTION_SHARE));
}

/** Returns the limit of this process: the setting, or its default, and never more than it can afford. */
export const streamLimit = (setting: number | undefined, affordable = affordableStreams()): number =>
  Math.min(setting ?? MAX_STREAMS, affordable);
