import { expect, inject } from 'vitest';
import type { Reply } from '../support/api-client.js';
import type { ErrorBody } from '../support/conduit.js';
import { errorFormViolation } from './conformance.js';

type Status = number | readonly number[];

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** Has this status, or one of these. */
    toHaveStatus(status: Status): R;
    /** Is a refusal of this status, in the error form and, when given, with exactly these errors. */
    toBeRefused(status: Status, errors?: Record<string, string[]>): R;
    /** Is a refusal of HTTP that is malformed or too large; an edge cache refuses it by 400 or 413 without a body. */
    toBeRefusedAsHttp(status: Status): R;
    /** Is a refusal that names this field or resource, among others and in words of the server's choice. */
    toBeRefusedFor(status: Status, field: string): R;
  }
}

function verdict(reply: Reply, flaw: string | undefined) {
  return { pass: flaw === undefined, message: () => `${flaw}\n${reply.status} ${reply.text.slice(0, 2000)}` };
}

function statusFlaw({ status }: Reply, expected: Status): string | undefined {
  return [expected].flat().includes(status)
    ? undefined
    : `expected the status ${String(expected)}, got ${status}`;
}

expect.extend({
  toHaveStatus(reply: Reply, status: Status) {
    return verdict(reply, statusFlaw(reply, status));
  },

  toBeRefused(reply: Reply<ErrorBody>, status: Status, errors?: Record<string, string[]>) {
    const differs = errors !== undefined && !this.equals(reply.body, { errors });
    const wanted = differs ? `expected ${JSON.stringify({ errors })}` : undefined;
    return verdict(reply, statusFlaw(reply, status) ?? errorFormViolation(reply) ?? wanted);
  },

  toBeRefusedAsHttp(reply: Reply<ErrorBody>, status: Status) {
    const isBare = inject('isBehindEdgeCache') && reply.text === '';
    return verdict(
      reply,
      isBare ? statusFlaw(reply, [400, 413]) : (statusFlaw(reply, status) ?? errorFormViolation(reply)),
    );
  },

  toBeRefusedFor(reply: Reply<ErrorBody>, status: Status, field: string) {
    const flaw = statusFlaw(reply, status) ?? errorFormViolation(reply);
    const names = flaw ?? (field in reply.body.errors ? undefined : `expected an error of ${field}`);
    return verdict(reply, names);
  },
});
