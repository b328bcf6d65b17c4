/** Rejects, with a reason, while something is missing that the host needs to serve. */
export type ReadinessCheck = () => Promise<void>;

/** Whether the host may be sent requests: while it is not closing, and its checks pass. */
export class Readiness {
  checks: Readonly<Record<string, ReadinessCheck>> = {};
  isClosing = false;
}
