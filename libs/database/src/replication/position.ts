import type { Position } from '@tearline/seam';

/** Returns the position for an LSN such as `16/B374D848`. */
export function positionOf(cluster: string, timeline: number, lsn: string): Position {
  return `${historyOf(cluster, timeline)}.${formatLsn(lsn)}`;
}

/** Returns the part that all positions of one timeline share. */
export function historyOf(cluster: string, timeline: number): string {
  return `${cluster}.${timeline.toString(16).padStart(8, '0')}`;
}

/** Formats an LSN with a fixed width, so that texts compare like numbers. */
export function formatLsn(lsn: string): string {
  const [high, low] = lsn.toLowerCase().split('/');
  return high!.padStart(8, '0') + low!.padStart(8, '0');
}

/** Returns the position immediately before another one. */
export function previousPosition(position: Position): Position {
  const at = position.lastIndexOf('.') + 1;
  const lsn = BigInt(`0x${position.slice(at)}`) - 1n;
  return position.slice(0, at) + (lsn < 0n ? 0n : lsn).toString(16).padStart(16, '0');
}

/** Returns the bytes of WAL between two LSNs, as `formatLsn` gives them. */
export function bytesBetween(from: string, to: string): number {
  return Math.max(0, Number(BigInt(`0x${to}`) - BigInt(`0x${from}`)));
}

/** A commit is written to the WAL before it is acknowledged, unless synchronous_commit is off. */
export const CURRENT_LSN = `case current_setting('synchronous_commit')
  when 'off' then pg_current_wal_insert_lsn() else pg_current_wal_lsn() end`;
