import { getHeapStatistics } from 'node:v8';
import { isSeamError, type MemoryAccount, MemoryBudget } from '@tearline/seam';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toHttpError } from '../errors/http-error.js';
import { JSON_TYPE } from '../server/json-bodies.js';
import type { HostSettings } from '../settings/host-settings.js';

const MEBIBYTE = 1_048_576;
/** The text and the value that is parsed from it. */
const COPIES_OF_BODY = 2;

/** Returns the budget of a host, by default a quarter of its heap: of a value that is sent there are up to three copies. */
export function memoryBudget({ LARGE_VALUES_MIB }: HostSettings): MemoryBudget {
  const bytes =
    LARGE_VALUES_MIB === undefined ? getHeapStatistics().heap_size_limit / 4 : LARGE_VALUES_MIB * MEBIBYTE;
  return new MemoryBudget(bytes);
}

/**
 * Counts the large bodies of requests from their arrival, and those of responses until the clients have read them. A request
 * or response without memory for it ends with 503.
 */
export class LargeValues {
  /** The bytes of caches that are being sent. However many responses send them, they count once. */
  readonly #shared = new Map<Buffer, { readonly memory: MemoryAccount; readers: number }>();

  constructor(
    private readonly budget: MemoryBudget,
    private readonly bodyLimit: number,
  ) {}

  attach(fastify: FastifyInstance): void {
    fastify.addHook('preParsing', ({ inFlight, headers }, _reply, payload, done) => {
      const { 'content-type': type = '', 'content-length': length = this.bodyLimit } = headers;
      try {
        // Other bodies are streams, such as uploads.
        if (type.startsWith('application/json'))
          inFlight!.call.memory!.hold(COPIES_OF_BODY * Math.min(Number(length), this.bodyLimit));
        done(null, payload);
      } catch (error) {
        done(error as Error);
      }
    });
    fastify.addHook('onSend', (request, reply, body, done) => {
      try {
        this.#hold(request, reply, body);
        done(null, body);
      } catch (error) {
        done(null, refuse(reply, error));
      }
    });
  }

  #hold({ inFlight }: FastifyRequest, reply: FastifyReply, body: unknown): void {
    if (typeof body === 'string') inFlight!.call.memory!.hold(Buffer.byteLength(body));
    else if (Buffer.isBuffer(body)) this.#share(reply, body);
  }

  #share({ raw }: FastifyReply, body: Buffer): void {
    const shared = this.#shared.get(body) ?? { memory: this.budget.open(), readers: 0 };
    if (shared.readers === 0) shared.memory.hold(body.length);
    if (!shared.memory.isUsed) return;
    this.#shared.set(body, shared);
    shared.readers += 1;
    raw.once('close', () => {
      shared.readers -= 1;
      if (shared.readers > 0) return;
      shared.memory.close();
      this.#shared.delete(body);
    });
  }
}

function refuse(reply: FastifyReply, error: unknown): string {
  if (!isSeamError(error)) throw error;
  const { status, body, retryAfter } = toHttpError(error);
  void reply.code(status).header('content-type', JSON_TYPE).header('retry-after', retryAfter);
  return JSON.stringify(body);
}
