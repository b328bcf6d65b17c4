/** Ports that TCP gives one address towards another: so many connections can wait there with an incomplete request. */
const PORTS_PER_ADDRESS = 65_535;
/** Connections for requests, of clients and to hosts. */
const FOR_REQUESTS = 8_192;
/** Files of a worker that are no connections: logs, listening sockets, temporary files of bodies. */
const OTHER_FILES = 128;
/** The kernel spreads connections over the workers by chance. */
const UNEVENNESS = 1.2;
const MAX_WORKERS = 64;
/** Bytes, measured: a worker without connections, a place for one, an incomplete request, a stream with both connections. */
const WORKER_BYTES = 5_000_000;
const PLACE_BYTES = 424;
const INCOMPLETE_BYTES = 10_240;
const STREAM_BYTES = 20_480;

export interface CapacityOptions {
  /** Processor cores. */
  readonly cores: number;
  /** Files that a process may open. */
  readonly openFiles: number;
  /** Streams that all hosts together serve at once. */
  readonly streams: number;
  /** Instead of the number that follows. */
  readonly workers?: number | undefined;
}

/** How many connections nginx can hold, by process, and what follows. */
export interface Capacity {
  readonly workers: number;
  /** Connections of one worker, those to hosts included. */
  readonly connections: number;
  /** `worker_rlimit_nofile`. */
  readonly openFiles: number;
  /** Streams that pass at once. Each needs two connections, so requests keep half of all. */
  readonly streams: number;
  /** Bytes of memory of all workers when one address holds as many incomplete requests as it can, and all streams are open. */
  readonly memory: number;
}

/**
 * Returns the capacity for all streams, for the connections that one address can leave with incomplete requests (nginx counts
 * requests by address once their heads are complete), and for requests beside them. Where the limit on open files is low, more
 * workers share the connections.
 */
export function capacityOf({ cores, openFiles, streams, ...options }: CapacityOptions): Capacity {
  const wanted = (2 * streams + PORTS_PER_ADDRESS + FOR_REQUESTS) * UNEVENNESS;
  const most = Math.max(OTHER_FILES, openFiles - OTHER_FILES);
  const workers = options.workers ?? Math.min(MAX_WORKERS, Math.max(cores, Math.ceil(wanted / most)));
  const connections = Math.min(most, Math.ceil(wanted / workers));
  return {
    workers,
    connections,
    openFiles: connections + OTHER_FILES,
    streams: Math.floor((workers * connections) / 4),
    memory:
      workers * (WORKER_BYTES + connections * PLACE_BYTES) +
      PORTS_PER_ADDRESS * INCOMPLETE_BYTES +
      streams * STREAM_BYTES,
  };
}
