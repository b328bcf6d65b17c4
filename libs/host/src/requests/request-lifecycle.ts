import { callbackify } from 'node:util';
import {
  CallContext,
  type MemoryBudget,
  runCall,
  runOutsideCall,
  SeamError,
  type SessionStore,
  type Tracer,
} from '@tearline/seam';
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  onSendHookHandler,
} from 'fastify';
import { DeadlineQueue, type InFlightRequest } from './in-flight-request.js';
import { sendHttpError, toHttpError } from '../errors/http-error.js';
import { traceparentOf } from './trace-headers.js';
import { beginRequestSpan, endRequestSpan } from './request-span.js';
import { consistencyOf, sendConsistencyToken, rejectInvalidLevel } from './consistency-headers.js';
import { markDegraded } from './degraded-header.js';
import { idempotencyKeyOf, rejectInvalidKey } from './idempotency-key.js';
import { completeResponse, sendCached, type ResponseCache } from './response-cache.js';
import type { RequestLog } from '../logging/request-log.js';
import type { Routes } from './routes.js';

const sendTokenThen = callbackify(sendConsistencyToken);
const SWEEP_INTERVAL_MS = 50;
/** The sweep stops after so many without a request. */
const MAX_IDLE_SWEEPS = 20;
/** Time after the deadline for a client to read a large response, whose memory others may need. */
const READ_GRACE_PERIOD_MS = 30_000;
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
  #sweepTimer: NodeJS.Timeout | undefined;
  #idleSweeps = 0;
  /** Set once the application exists. */
  responseCache: ResponseCache | undefined;
  #isShuttingDown = false;
  #onIdle: (() => void) | undefined;

  constructor(
    private readonly routes: Routes,
    private readonly log: RequestLog,
    timeout: number,
    private readonly memory: MemoryBudget,
    private readonly sessions?: SessionStore,
    private readonly tracer?: Tracer,
  ) {
    this.#default = new DeadlineQueue(timeout);
    this.#queues = [this.#default];
  }

  /** The longest deadline of a route that has one, in milliseconds. */
  get longestDeadline(): number {
    return Math.max(...this.#queues.map(({ timeout }) => timeout).filter(Number.isFinite));
  }

  /** Adds the hooks. They must come before all others, so that those run within the call context as well. */
  attach(fastify: FastifyInstance): void {
    fastify.decorateRequest('inFlight', null);
    fastify.addHook('onRequest', (request, reply, done) => runCall(this.begin(request, reply), done));
    fastify.addHook('onRequest', rejectInvalidKey);
    fastify.addHook('onRequest', rejectInvalidLevel);
    fastify.addHook('onSend', (request, reply, payload, done) => {
      markDegraded(request, reply);
      done(null, payload);
    });
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
      if (isCached) options.onSend = [this.#completeResponse, ...[options.onSend ?? []].flat()];
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
      span: this.tracer && beginRequestSpan(this.tracer, request),
      idempotencyKey: idempotencyKeyOf(request),
      idempotencyTarget: `${request.method} ${request.raw.url}`,
      deadline: started + this.#default.timeout,
      consistency: consistencyOf(request.headers, this.sessions),
      memory: this.memory.open(),
    });
    const queue = this.#default;
    const inFlight: InFlightRequest = { request, reply, call, started, route: this.routes.none, queue };
    request.inFlight = inFlight;
    queue.add(inFlight);
    this.#sweepTimer ??= runOutsideCall(() => setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref());
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

  readonly #completeResponse: onSendHookHandler = (request, reply, body, done) => {
    done(null, this.responseCache ? completeResponse(this.responseCache, request, reply, body) : body);
  };

  #end(inFlight: InFlightRequest): void {
    if (!inFlight.queue.delete(inFlight)) return;
    const { call, request, reply, route, started } = inFlight;
    const finished = reply.raw.writableFinished;
    if (!finished) call.cancel();
    call.memory?.close();
    const status = finished ? reply.raw.statusCode : STATUS_CLIENT_CLOSED_REQUEST;
    const duration = performance.now() - started;
    route.record(request.method, status, duration);
    this.log.write(inFlight, status, duration);
    if (call.span) endRequestSpan(call.span, request.method, route.path, status);
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
    if (this.#queues.every(({ size, timeout }) => size === 0 || timeout === Infinity))
      return this.#stopWhenIdle();
    this.#idleSweeps = 0;
    const now = performance.now();
    for (const queue of this.#queues) sweep(queue, now);
  }

  #stopWhenIdle(): void {
    this.#idleSweeps += 1;
    if (this.#idleSweeps < MAX_IDLE_SWEEPS) return;
    clearInterval(this.#sweepTimer);
    this.#sweepTimer = undefined;
    this.#idleSweeps = 0;
  }
}

/** Gives a request the timeout of its route, in a new call context. */
function moveToQueue(inFlight: InFlightRequest, queue: DeadlineQueue): CallContext {
  const deadline = inFlight.started + queue.timeout;
  const { requestId, traceparent, span, idempotencyKey, idempotencyTarget, consistency, memory } =
    inFlight.call;
  inFlight.call = new CallContext({
    requestId,
    traceparent,
    span,
    idempotencyKey,
    idempotencyTarget,
    deadline,
    consistency,
    memory,
  });
  inFlight.queue.delete(inFlight);
  inFlight.queue = queue;
  queue.add(inFlight);
  return inFlight.call;
}

function sweep(queue: DeadlineQueue, now: number): void {
  for (const { call, request, reply } of queue) {
    if (call.deadline > now) break;
    if (call.memory?.isUsed && now > call.deadline + READ_GRACE_PERIOD_MS) reply.raw.destroy();
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
