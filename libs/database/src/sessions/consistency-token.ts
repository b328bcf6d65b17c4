import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Position, PositionsByModule } from '@tearline/seam';

const MAC_BYTES = 16;
const MAX_MODULES = 32;
const POSITION = /^\d{1,20}\.[\da-f]{8}\.[\da-f]{16}$/;
const MODULE = /^[a-z][a-z0-9-]{0,63}$/;

/**
 * Encodes positions as a token for clients: `<payload>.<mac>`, both base64url. Nothing in it is secret; it is signed
 * because forged positions would direct reads to the primary.
 */
export function encodeToken(positions: PositionsByModule, key: string): string {
  const payload = Buffer.from(JSON.stringify([...positions].slice(-MAX_MODULES).flat())).toString(
    'base64url',
  );
  return `${payload}.${macOf(payload, key).toString('base64url')}`;
}

/** Returns undefined for a token that was not signed with one of these keys. */
export function decodeToken(token: string, keys: readonly string[]): PositionsByModule | undefined {
  const [payload, mac, ...rest] = token.split('.');
  if (!payload || !mac || rest.length > 0) return undefined;
  const given = Buffer.from(mac, 'base64url');
  if (given.length !== MAC_BYTES || !keys.some((key) => timingSafeEqual(macOf(payload, key), given)))
    return undefined;
  return parsePositions(Buffer.from(payload, 'base64url').toString());
}

function parsePositions(json: string): PositionsByModule | undefined {
  const flat = JSON.parse(json) as string[];
  const positions = new Map<string, Position>();
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const [module, position] = [flat[at]!, flat[at + 1]!];
    if (!MODULE.test(module) || !POSITION.test(position)) return undefined;
    positions.set(module, position);
  }
  return positions;
}

function macOf(payload: string, key: string): Buffer {
  return createHmac('sha256', key).update(`consistency\n${payload}`).digest().subarray(0, MAC_BYTES);
}
