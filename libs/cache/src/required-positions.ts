import {
  type CallContext,
  type ConsistencyLevel,
  currentCall,
  type PositionsByModule,
  type SessionStore,
} from '@tearline/seam';

/** The read must see the latest data, or what it must see is unknown: no cached value satisfies it. */
export const MUST_LOAD = Symbol('must load');

/** The position of each module that a read must see. */
export type RequiredPositions = PositionsByModule | typeof MUST_LOAD;

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
  if (!call) return MUST_LOAD;
  // A load, here or on another host: a value made of a cached value would be as old as both may become.
  if (call.readWatermark) return MUST_LOAD;
  return positionsFor(call, call.consistency.level ?? defaultLevel, sessions);
}

/** Returns what a call must see at a level. */
export function positionsFor(
  call: CallContext,
  level: ConsistencyLevel,
  sessions: SessionStore | undefined,
): RequiredPositions | Promise<RequiredPositions> {
  const { consistency, principal } = call;
  if (level !== 'session') return level === 'strong' ? MUST_LOAD : NO_POSITIONS;
  if (!principal || consistency.isComplete || !sessions) return consistency.required;
  return sessions.load(call).then((isComplete) => (isComplete ? consistency.required : MUST_LOAD));
}
