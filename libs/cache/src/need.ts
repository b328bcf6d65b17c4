import { type ConsistencyLevel, currentCall, type Positions, type SessionStore } from '@tearline/seam';

/** Whoever reads must see what is there now: nothing that is kept will do. */
export const EVERYTHING = Symbol('everything');
/** What a reader must see, by module. */
export type Need = Positions | typeof EVERYTHING;

const NOTHING: Positions = new Map();

/**
 * What the present call must see: the same rule as for a replica.
 * @param fallback the level of calls that do not say
 */
export function needOf(fallback: ConsistencyLevel, sessions: SessionStore | undefined): Need | Promise<Need> {
  const call = currentCall();
  // Outside of a call nobody is remembered who could have written.
  if (!call) return EVERYTHING;
  const { consistency, principal } = call;
  const level = consistency.level ?? fallback;
  if (level !== 'session') return level === 'strong' ? EVERYTHING : NOTHING;
  if (!principal || consistency.isComplete || !sessions) return consistency.seen;
  return sessions.recall(call).then((isAll) => (isAll ? consistency.seen : EVERYTHING));
}
