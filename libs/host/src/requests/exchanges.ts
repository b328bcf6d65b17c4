import { callbackify } from 'node:util';
import { CallContext, runCall, SeamError, type SessionStore } from '@tearline/seam';
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  onSendHookHandler,
} from 'fastify';
import type { Exchange } from './exchange.js';
import { faultOf } from '../errors/fault.js';
import { sendFault } from '../errors/send-fault.js';
import { OpenRequests } from './open-requests.js';
import { traceparentOf } from './request-id.js';
import { consistencyOf, keepWrites, refuseUnknownLevel } from './consistency-headers.js';
import { idempotencyKeyOf, refuseBadKey } from './idempotency-key.js';
import { answerFrom, learn, type ReadyAnswers } from './ready-answers.js';
import type { RequestLog } from '../logging/request-log.js';
import type { Routes } from './routes.js';

const keep = callbackify(keepWrites);
const SWEEP_EVERY_MS = 50;
/** nginx's word for a client that left before it was answered. */
const CLIENT_LEFT = 499;

/** The requests under way: each runs in a call context of its own, is counted and logged when it has ended. */
export class Exchanges {
  /** Those with the ordinary time; most hosts have no others. */
  readonly #ordinary: OpenRequests<Exchange>;
  /** All of them, by the time that they have. */
  readonly #open: OpenRequests<Exchange>[];
  readonly #sweeping: NodeJS.Timeout;
  /** Set when there is an app to give them. */
  answers: ReadyAnswers | undefined;
  #isClosing = false;
  #onIdle: (() => void) | undefined;

  constructor(
    private readonly routes: Routes,
    private readonly log: RequestLog,
    timeout: number,
    private readonly sessions?: SessionStore,
  ) {
    this.#ordinary = new OpenRequests<Exchange>(timeout);
    this.#open = [this.#ordinary];
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_EVERY_MS).unref();
  }

  /** Hooks into the server. Must come before every other hook, so that these run within the context as well. */
  attach(fastify: FastifyInstance): void {
    fastify.decorateRequest('exchange', null);
    fastify.addHook('onRequest', (request, reply, done) => runCall(this.enter(request, reply), done));
    fastify.addHook('onRequest', refuseBadKey);
    fastify.addHook('onRequest', refuseUnknownLevel);
    const { sessions } = this;
    if (sessions)
      fastify.addHook('onSend', (request, _reply, payload, done) => {
        if (!request.exchange?.call.consistency.written) done(null, payload);
        else keep(request.exchange, sessions, () => done(null, payload));
      });
    fastify.addHook('onRoute', (options) => {
      const route = this.routes.of(options.url);
      const open = this.#openFor(options.config?.deadline);
      const take = (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
        const exchange = request.exchange!;
        exchange.route = route;
        if (open === this.#ordinary) done();
        else runCall(move(exchange, open), done);
      };
      const isKept = options.config?.isAnswerKept === true && options.method === 'GET';
      options.onRequest = [take, ...(isKept ? [this.#answer] : []), ...[options.onRequest ?? []].flat()];
      if (isKept) options.onSend = [this.#learn, ...[options.onSend ?? []].flat()];
    });
    fastify.addHook('onClose', (_fastify, done) => {
      clearInterval(this.#sweeping);
      done();
    });
  }

  /** Counts a request in, and out again when its answer has ended. */
  enter(request: FastifyRequest, reply: FastifyReply): CallContext {
    const started = performance.now();
    const call = new CallContext({
      requestId: request.id,
      traceparent: traceparentOf(request),
      idempotencyKey: idempotencyKeyOf(request),
      deadline: started + this.#ordinary.time,
      consistency: consistencyOf(request.headers, this.sessions),
    });
    const open = this.#ordinary;
    const exchange: Exchange = { request, reply, call, started, route: this.routes.none, open };
    request.exchange = exchange;
    open.add(exchange);
    reply.raw.on('close', () => this.#leave(exchange));
    void reply.header('x-request-id', request.id);
    if (this.#isClosing) closeConnectionAfter(reply);
    return call;
  }

  /** From now on every answer closes its connection. */
  closeConnections(): void {
    this.#isClosing = true;
    for (const open of this.#open) for (const { reply } of open) closeConnectionAfter(reply);
  }

  /**
   * Waits until no request is under way; from now on every answer closes its connection.
   * @returns whether that was so within `timeout` milliseconds
   */
  async drain(timeout: number): Promise<boolean> {
    this.closeConnections();
    if (this.#isIdle()) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const late = setTimeout(resolve, timeout, false);
    this.#onIdle = () => resolve(true);
    const isIdle = await promise;
    clearTimeout(late);
    return isIdle;
  }

  readonly #answer: onRequestHookHandler = (request, reply, done) => {
    if (this.answers) answerFrom(this.answers, request, reply, done);
    else done();
  };

  readonly #learn: onSendHookHandler = (request, reply, answer, done) => {
    if (this.answers) learn(this.answers, request, reply, answer);
    done(null, answer);
  };

  #leave(exchange: Exchange): void {
    if (!exchange.open.delete(exchange)) return;
    const { call, request, reply, route, started } = exchange;
    const finished = reply.raw.writableFinished;
    if (!finished) call.cancel();
    const status = finished ? reply.raw.statusCode : CLIENT_LEFT;
    const duration = performance.now() - started;
    route.record(request.method, status, duration);
    this.log.write(exchange, status, duration);
    if (this.#onIdle && this.#isIdle()) this.#onIdle();
  }

  #isIdle(): boolean {
    return this.#open.every(({ size }) => size === 0);
  }

  #openFor(deadline: number | 'none' | undefined): OpenRequests<Exchange> {
    if (deadline === undefined) return this.#ordinary;
    const time = deadline === 'none' ? Infinity : deadline;
    const known = this.#open.find((open) => open.time === time);
    if (known) return known;
    const open = new OpenRequests<Exchange>(time);
    this.#open.push(open);
    return open;
  }

  #sweep(): void {
    const now = performance.now();
    for (const open of this.#open) sweep(open, now);
  }
}

/** Gives a request the time of its route, in a call of its own. */
function move(exchange: Exchange, open: OpenRequests<Exchange>): CallContext {
  const { requestId, traceparent, idempotencyKey, consistency } = exchange.call;
  const deadline = exchange.started + open.time;
  exchange.call = new CallContext({ requestId, traceparent, idempotencyKey, deadline, consistency });
  exchange.open.delete(exchange);
  exchange.open = open;
  open.add(exchange);
  return exchange.call;
}

function sweep(open: OpenRequests<Exchange>, now: number): void {
  for (const { call, request, reply } of open) {
    if (call.deadline > now) break;
    if (call.cancelled) continue;
    const error = new SeamError('deadline-exceeded');
    call.cancel(error);
    if (reply.sent || reply.raw.headersSent) continue;
    // The rest of its body may still be on the way, and would be taken for the next request.
    if (!request.raw.complete) closeConnectionAfter(reply);
    sendFault(reply, faultOf(error));
  }
}

function closeConnectionAfter({ raw }: FastifyReply): void {
  if (!raw.headersSent) raw.setHeader('connection', 'close');
}
