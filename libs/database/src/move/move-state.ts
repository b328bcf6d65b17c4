import { findPlacement, type Placement } from '../placement/placements.js';
import type { Server } from './server.js';

export interface MoveState {
  readonly isAtTarget: boolean;
  readonly placement: Placement | undefined;
}

/** Of both servers' placements the one with the greater epoch holds. @throws Error when the source takes part in another move */
export async function stateOf(module: string, source: Server, target: Server): Promise<MoveState> {
  const [atSource, atTarget] = [
    await findPlacement(source.owner, module),
    await findPlacement(target.owner, module),
  ];
  const otherMove = otherMoveOf(module, atSource, target);
  if (otherMove !== undefined) throw new Error(otherMove);
  const isAtTarget =
    atSource?.away === target.place && (atTarget?.away === null || (atTarget?.epoch ?? 0) < atSource.epoch);
  const isNewer = (atTarget?.epoch ?? -1) > (atSource?.epoch ?? 0) && atTarget?.away === null;
  return isAtTarget || isNewer
    ? { isAtTarget: true, placement: isNewer ? atTarget : atSource }
    : { isAtTarget: false, placement: atSource };
}

/** Returns what to do about a move between the source and a server other than the target. */
export function otherMoveOf(
  module: string,
  atSource: Placement | undefined,
  target: Server,
): string | undefined {
  if (atSource?.peer && atSource.peer !== target.place)
    return `the data of '${module}' is being moved to ${atSource.peer}: finish or abort that move first`;
  if (atSource?.away && atSource.away !== target.place)
    return (
      `the data of '${module}' is at ${atSource.away}, and not at ${target.place}: name that server with --to, or, to ` +
      'move the data on from there, with DATABASE_URL'
    );
  return undefined;
}
