import { Consistency, CONSISTENCY_LEVELS, SeamError, type SessionStore } from '@tearline/seam';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { InFlightRequest } from './in-flight-request.js';

const LEVEL = 'consistency';
const TOKEN = 'consistency-token';
/** Enough for a dozen tokens of a deployment with six modules. */
const MAX_TOKENS_LENGTH = 4096;

type Headers = Pick<FastifyRequest, 'headers'>['headers'];

/** Returns the consistency that a request asks for in its headers; undefined without them. */
export function consistencyOf(headers: Headers, sessions: SessionStore | undefined): Consistency | undefined {
  const level = headers[LEVEL];
  const tokens = headers[TOKEN];
  if (level === undefined && tokens === undefined) return undefined;
  const requested = CONSISTENCY_LEVELS.find((known) => known === level);
  if (typeof tokens !== 'string' || !sessions) return new Consistency(requested);
  const read =
    tokens.length > MAX_TOKENS_LENGTH
      ? [undefined]
      : tokens.split(',').map((token) => sessions.readToken(token.trim()));
  // The positions of an unreadable token are unknown, so the reads must include all writes.
  const effective = read.includes(undefined) && requested !== 'eventual' ? 'strong' : requested;
  return new Consistency(
    effective,
    read.flatMap((positions) => [...(positions ?? [])]),
  );
}

/** Saves the positions that a request has written; an anonymous client gets them as a token for its next requests. */
export async function sendConsistencyToken(
  { call, reply }: InFlightRequest,
  sessions: SessionStore,
): Promise<void> {
  void reply.header(TOKEN, await sessions.save(call));
}

/** Rejects an unknown level: falling back to a default could give the client less than it requested for. */
export function rejectInvalidLevel(
  { headers }: Pick<FastifyRequest, 'headers'>,
  _reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const level = headers[LEVEL];
  const isKnown = level === undefined || CONSISTENCY_LEVELS.some((known) => known === level);
  done(isKnown ? undefined : new SeamError('consistency/invalid-level'));
}
