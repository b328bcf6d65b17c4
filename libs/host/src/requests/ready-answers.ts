import type { FastifyReply, FastifyRequest } from 'fastify';
import { JSON_TYPE } from '../json-type.js';

/** The port through which a host knows answers before it asks the handlers of its routes. */
export interface ReadyAnswers {
  /** What a URL is answered with to those who have not said who they are; undefined when that has to be made. */
  find(url: string): Buffer | undefined;
  /** A URL was answered so to one of those. */
  note(url: string, answer: Buffer): void;
}

type Done = (error?: Error) => void;

/** Answers at once what is known, past guards, pipes and handlers: they take as long as all the rest of such a request. */
export function answerFrom(
  answers: ReadyAnswers,
  request: FastifyRequest,
  reply: FastifyReply,
  done: Done,
): void {
  const answer = isFromAnybody(request) ? answers.find(request.raw.url!) : undefined;
  if (answer === undefined) done();
  else void reply.header('content-type', JSON_TYPE).send(answer);
}

/** Learns what a handler has answered. */
export function learn(
  answers: ReadyAnswers,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: unknown,
): void {
  if (reply.statusCode === 200 && Buffer.isBuffer(answer) && isFromAnybody(request))
    answers.note(request.raw.url!, answer);
}

/** Whoever shows a token gets an answer of their own, and whoever wants it newer than usual may get another one. */
function isFromAnybody({ headers, exchange }: FastifyRequest): boolean {
  const { level, seen } = exchange!.call.consistency;
  return headers.authorization === undefined && level === undefined && seen.size === 0;
}
