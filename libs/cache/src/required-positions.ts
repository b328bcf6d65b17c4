import {
  type ConsistencyLevel,
  currentCall,
  type PositionsByModule,
  type SessionStore,
} from '@tearline/seam';

/** The read must see the latest data: no cached value satisfies it. */
export const LATEST = Symbol('latest');

/** The position of each module that a read must see. */
export type RequiredPositions = PositionsByModule | typeof LATEST;

export const NO_POSITIONS: PositionsByModule = new Map();

/**
 * Returns what the current call must see; the same rule as for a read from a replica.
 * @param defaultLevel the level of calls without one
 */
export function requiredPositions(
  defaultLevel: ConsistencyLevel,
  sessions: SessionStore | undefined,
): RequiredPositions | Promise<RequiredPositions> {
  const call = currentCall();
  // Outside a call it is unknown who reads, and so what they have written.
  if (!call) return LATEST;
  const { consistency, principal } = call;
  const level = consistency.level ?? defaultLevel;
  if (level !== 'session') return level === 'strong' ? LATEST : NO_POSITIONS;
  if (!principal || consistency.isComplete || !sessions) return consistency.required;
  return sessions.load(call).then((isComplete) => (isComplete ? consistency.required : LATEST));
}
