import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** PostgreSQL's default of `scram_iterations`. */
const ITERATIONS = 4_096;
const KEY_BYTES = 32;

/** Non-ASCII spaces, which SASLprep maps to a space (RFC 3454, table C.1.2). */
const SPACES = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g;
/** Characters that SASLprep removes (RFC 3454, table B.1). */
const IGNORED = /\u00AD|\u034F|\u1806|\u180B|\u180C|\u180D|\u200C|\u200D|\u2060|[\uFE00-\uFE0F]|\uFEFF/g;

/**
 * Returns the verifier of a password, as PostgreSQL stores it (RFC 5802, RFC 7677): `SCRAM-SHA-256$4096:<salt>$…`. A
 * statement with the verifier does not disclose the password, wherever the server logs it.
 */
export function scramVerifier(password: string, salt = randomBytes(16)): string {
  const prepared = password.replace(SPACES, ' ').replace(IGNORED, '').normalize('NFKC');
  const salted = pbkdf2Sync(prepared, salt, ITERATIONS, KEY_BYTES, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  const serverKey = hmac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
