/** A member as Patroni reports it. */
export interface MemberStatus {
  readonly name: string;
  readonly role: 'leader' | 'sync_standby' | 'replica' | (string & {});
  /** `running`, or `streaming` of a replica in later releases. */
  readonly state: string;
  readonly timeline?: number;
  readonly lag?: number | 'unknown';
}

const TIMEOUT_MS = 3_000;
const RUNNING = new Set(['running', 'streaming']);

/** Sends a request to the API of a member. @throws Error when it does not answer, or not with success */
export async function requestApi(api: string, path: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(`http://${api}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS), ...init });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text;
}

/** Returns the members of a cluster. @throws Error when this member does not answer */
export async function membersOf(api: string): Promise<MemberStatus[]> {
  const { members } = JSON.parse(await requestApi(api, '/cluster')) as { members: MemberStatus[] };
  return members;
}

/** Returns whether there is a leader, all members run on its timeline, and, if `isSynchronous`, one of them is synchronous. */
export function isComplete(members: readonly MemberStatus[], count: number, isSynchronous: boolean): boolean {
  const leader = members.find(({ role }) => role === 'leader');
  const followsLeader = ({ state, timeline, lag }: MemberStatus) =>
    RUNNING.has(state) && timeline === leader?.timeline && lag !== 'unknown';
  return (
    members.length === count &&
    members.every(followsLeader) &&
    (!isSynchronous || members.some(({ role }) => role === 'sync_standby'))
  );
}
