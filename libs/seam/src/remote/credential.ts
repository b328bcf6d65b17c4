import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { ContractError } from '../call/errors.js';

/** Certificates from a private CA, PEM; both sides must present one. */
export interface PrivateCa {
  readonly ca: string | Buffer;
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Name that the servers' certificates carry; the name in the address by default. */
  readonly servername?: string;
}

/**
 * What hosts know one another by: a shared secret, certificates of a private CA, or both. The secret
 * authenticates both sides and does not encrypt; TLS does both.
 */
export interface Credential {
  /** At least 16 characters, the same on every host. */
  readonly secret?: string;
  readonly tls?: PrivateCa;
  /** Names the hosts that belong together: one of another deployment is refused, although its credential is right. */
  readonly deployment?: string;
}

/** @throws ContractError when it would authenticate any peer */
export function checkCredential(credential: Credential | undefined): Credential {
  const { secret, tls } = credential ?? {};
  if (secret === undefined && tls === undefined)
    throw new ContractError('calls between processes need a credential: a secret, or tls with a private CA');
  if (secret !== undefined && secret.length < 16)
    throw new ContractError('the secret between hosts must have at least 16 characters');
  return { ...credential };
}

/** Returns why a peer with the right credential is refused: it names another deployment. */
export function otherDeployment({ deployment }: Credential, peer: unknown): string | undefined {
  if (deployment === undefined || typeof peer !== 'string' || peer === deployment) return undefined;
  return `belongs to deployment '${peer.slice(0, 64)}', this host to '${deployment}'`;
}

/** A random number used once, base64url. */
export function nonce(): string {
  return randomBytes(24).toString('base64url');
}

/**
 * Proves knowledge of the secret to one peer, for one connection (HMAC-SHA256 over both nonces and the role, so
 * that a proof cannot be replayed or reflected). Without a secret it is empty: TLS has checked the peer.
 */
export function proof(
  { secret }: Credential,
  role: 'client' | 'server',
  challenge: string,
  answer: string,
): string {
  if (secret === undefined) return '';
  return createHmac('sha256', secret).update(`tearline ${role}\n${challenge}\n${answer}`).digest('base64url');
}

/** Compares two proofs in constant time. */
export function isProof(given: unknown, expected: string): boolean {
  if (typeof given !== 'string' || given.length !== expected.length) return false;
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
