import type { Position } from '@tearline/seam';

/** Puts a position together from what PostgreSQL says: a text such as `16/B374D848`, a number, a text of digits. */
export function positionOf(cluster: string, timeline: number, lsn: string): Position {
  return `${historyOf(cluster, timeline)}.${formatLsn(lsn)}`;
}

/** What the positions of one primary's life have in common. */
export function historyOf(cluster: string, timeline: number): string {
  return `${cluster}.${timeline.toString(16).padStart(8, '0')}`;
}

/** A log sequence number with a fixed width, so that texts compare as the numbers do. */
export function formatLsn(lsn: string): string {
  const [high, low] = lsn.toLowerCase().split('/');
  return high!.padStart(8, '0') + low!.padStart(8, '0');
}

/** The last position before another one. */
export function previousPosition(position: Position): Position {
  const at = position.lastIndexOf('.') + 1;
  const offset = BigInt(`0x${position.slice(at)}`) - 1n;
  return position.slice(0, at) + (offset < 0n ? 0n : offset).toString(16).padStart(16, '0');
}

/** How many bytes of log are between two offsets. */
export function bytesBetween(from: string, to: string): number {
  return Math.max(0, Number(BigInt(`0x${to}`) - BigInt(`0x${from}`)));
}

/** A commit is in the log before it is confirmed, unless the server was told not to wait for that. */
export const CURRENT_LSN = `case current_setting('synchronous_commit')
  when 'off' then pg_current_wal_insert_lsn() else pg_current_wal_lsn() end`;
