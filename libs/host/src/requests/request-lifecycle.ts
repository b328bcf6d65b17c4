import { callbackify } from 'node:util';
import { CallContext, runCall, SeamError, type SessionStore } from '@tearline/seam';
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  onSendHookHandler,
} from 'fastify';
import { DeadlineQueue, type InFlightRequest } from './in-flight-request.js';
import { sendHttpError, toHttpError } from '../errors/http-error.js';
import { traceparentOf } from './request-id.js';
import { consistencyOf, sendConsistencyToken, rejectInvalidLevel } from './consistency-headers.js';
import { idempotencyKeyOf, rejectInvalidKey } from './idempotency-key.js';
import { sendCached, storeResponse, type ResponseCache } from './response-cache.js';
import type { RequestLog } from '../logging/request-log.js';
import type { Routes } from './routes.js';

const sendTokenThen = callbackify(sendConsistencyToken);
const SWEEP_INTERVAL_MS = 50;
/** nginx's status for a client that closed its connection before the response. */
const STATUS_CLIENT_CLOSED_REQUEST = 499;

/**
 * The lifecycle of the requests of a host: each runs in a call context of its own, has a deadline, and is counted and
 * logged when its response has ended.
 */
export class RequestLifecycle {
  /** The requests with the default timeout; most hosts have no others. */
  readonly #default: DeadlineQueue;
  /** All requests, by timeout. */
  readonly #queues: DeadlineQueue[];
  readonly #sweepTimer: NodeJS.Timeout;
  /** Set once the application exists. */
  responseCache: ResponseCache | undefined;
  #isShuttingDown = false;
  #onIdle: (() => void) | undefined;

  constructor(
    private readonly routes: Routes,
    private readonly log: RequestLog,
    timeout: number,
    private readonly sessions?: SessionStore,
  ) {
    this.#default = new DeadlineQueue(timeout);
    this.#queues = [this.#default];
    this.#sweepTimer = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref();
  }

  /** Adds the hooks. They must come before all others, so that those run within the call context as well. */
  attach(fastify: FastifyInstance): void {
    fastify.decorateRequest('inFlight', null);
    fastify.addHook('onRequest', (request, reply, done) => runCall(this.begin(request, reply), done));
    fastify.addHook('onRequest', rejectInvalidKey);
    fastify.addHook('onRequest', rejectInvalidLevel);
    const { sessions } = this;
    if (sessions)
      fastify.addHook('onSend', (request, _reply, payload, done) => {
        if (!request.inFlight?.call.consistency.written) done(null, payload);
        else sendTokenThen(request.inFlight, sessions, () => done(null, payload));
      });
    fastify.addHook('onRoute', (options) => {
      const route = this.routes.of(options.url);
      const queue = this.#queueFor(options.config?.deadline);
      const setRoute = (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
        const inFlight = request.inFlight!;
        inFlight.route = route;
        if (queue === this.#default) done();
        else runCall(moveToQueue(inFlight, queue), done);
      };
      const isCached = options.config?.isResponseCached === true && options.method === 'GET';
      options.onRequest = [
        setRoute,
        ...(isCached ? [this.#sendCached] : []),
        ...[options.onRequest ?? []].flat(),
      ];
      if (isCached) options.onSend = [this.#storeResponse, ...[options.onSend ?? []].flat()];
    });
    fastify.addHook('onClose', (_fastify, done) => {
      clearInterval(this.#sweepTimer);
      done();
    });
  }

  /** Begins the lifecycle of a request; it ends when the response does. */
  begin(request: FastifyRequest, reply: FastifyReply): CallContext {
    const started = performance.now();
    const call = new CallContext({
      requestId: request.id,
      traceparent: traceparentOf(request),
      idempotencyKey: idempotencyKeyOf(request),
      deadline: started + this.#default.timeout,
      consistency: consistencyOf(request.headers, this.sessions),
    });
    const queue = this.#default;
    const inFlight: InFlightRequest = { request, reply, call, started, route: this.routes.none, queue };
    request.inFlight = inFlight;
    queue.add(inFlight);
    reply.raw.on('close', () => this.#end(inFlight));
    void reply.header('x-request-id', request.id);
    if (this.#isShuttingDown) closeConnectionAfter(reply);
    return call;
  }

  /** Makes every response from now on close its connection. */
  closeConnections(): void {
    this.#isShuttingDown = true;
    for (const queue of this.#queues) for (const { reply } of queue) closeConnectionAfter(reply);
  }

  /**
   * Waits until no request is in flight. Every response from now on closes its connection.
   * @returns whether all requests ended within `timeout` milliseconds
   */
  async drain(timeout: number): Promise<boolean> {
    this.closeConnections();
    if (this.#isIdle()) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(resolve, timeout, false);
    this.#onIdle = () => resolve(true);
    const isIdle = await promise;
    clearTimeout(timer);
    return isIdle;
  }

  readonly #sendCached: onRequestHookHandler = (request, reply, done) => {
    if (this.responseCache) sendCached(this.responseCache, request, reply, done);
    else done();
  };

  readonly #storeResponse: onSendHookHandler = (request, reply, body, done) => {
    if (this.responseCache) storeResponse(this.responseCache, request, reply, body);
    done(null, body);
  };

  #end(inFlight: InFlightRequest): void {
    if (!inFlight.queue.delete(inFlight)) return;
    const { call, request, reply, route, started } = inFlight;
    const finished = reply.raw.writableFinished;
    if (!finished) call.cancel();
    const status = finished ? reply.raw.statusCode : STATUS_CLIENT_CLOSED_REQUEST;
    const duration = performance.now() - started;
    route.record(request.method, status, duration);
    this.log.write(inFlight, status, duration);
    if (this.#onIdle && this.#isIdle()) this.#onIdle();
  }

  #isIdle(): boolean {
    return this.#queues.every(({ size }) => size === 0);
  }

  #queueFor(deadline: number | 'none' | undefined): DeadlineQueue {
    if (deadline === undefined) return this.#default;
    const timeout = deadline === 'none' ? Infinity : deadline;
    const known = this.#queues.find((queue) => queue.timeout === timeout);
    if (known) return known;
    const queue = new DeadlineQueue(timeout);
    this.#queues.push(queue);
    return queue;
  }

  #sweep(): void {
    const now = performance.now();
    for (const queue of this.#queues) sweep(queue, now);
  }
}

/** Gives a request the timeout of its route, in a new call context. */
function moveToQueue(inFlight: InFlightRequest, queue: DeadlineQueue): CallContext {
  const { requestId, traceparent, idempotencyKey, consistency } = inFlight.call;
  const deadline = inFlight.started + queue.timeout;
  inFlight.call = new CallContext({ requestId, traceparent, idempotencyKey, deadline, consistency });
  inFlight.queue.delete(inFlight);
  inFlight.queue = queue;
  queue.add(inFlight);
  return inFlight.call;
}

function sweep(queue: DeadlineQueue, now: number): void {
  for (const { call, request, reply } of queue) {
    if (call.deadline > now) break;
    if (call.cancelled) continue;
    const error = new SeamError('deadline-exceeded');
    call.cancel(error);
    if (reply.sent || reply.raw.headersSent) continue;
    // The rest of the body may still arrive, and would be parsed as the next request.
    if (!request.raw.complete) closeConnectionAfter(reply);
    sendHttpError(reply, toHttpError(error));
  }
}

function closeConnectionAfter({ raw }: FastifyReply): void {
  if (!raw.headersSent) raw.setHeader('connection', 'close');
}
