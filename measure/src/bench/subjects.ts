import type { HttpRequest } from '../kit/endpoints.js';
import type { ServerProcess } from '../kit/server-process.js';
import { statementsOf } from './monolith.js';

/** A server under load. */
export interface Subject {
  readonly name: 'tearline' | 'raw' | 'prebuilt';
  readonly url: string;
  readonly pid: number;
  /** What it is sent in place of a shot. */
  readonly aim: (shot: HttpRequest) => HttpRequest;
  /** Statements sent to PostgreSQL so far, where somebody counts them. */
  readonly statements?: () => Promise<number>;
}

const asItIs = (shot: HttpRequest) => shot;

export function tearlineSubject({ url, pid }: ServerProcess): Subject {
  return { name: 'tearline', url, pid, aim: asItIs, statements: () => statementsOf(url) };
}

export function rawSubject({ url, pid }: ServerProcess): Subject {
  return { name: 'raw', url, pid, aim: asItIs };
}

/** @param length bytes of each answer */
export function prebuiltSubject({ url, pid }: ServerProcess, length: number): Subject {
  return { name: 'prebuilt', url, pid, aim: (shot) => ({ ...shot, path: `/${length}` }) };
}
