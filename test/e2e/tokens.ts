import { createHmac, generateKeyPairSync, sign } from 'node:crypto';

type Claims = Record<string, unknown>;

/** Forgeries of a genuine token, each by what is wrong with it. */
export function forgeriesOf(genuine: string): Record<string, string> {
  const [head = '', payload = '', signature = ''] = genuine.split('.');
  const header = decode(head);
  const claims = decode(payload);
  const { privateKey } = generateKeyPairSync('ed25519');
  const now = Math.floor(Date.now() / 1000);

  const unsigned = (alg: string) => `${encode({ ...header, alg })}.${payload}.`;
  const signedWithOtherKey = (changed: Claims) => {
    const content = `${encode(header)}.${encode(changed)}`;
    return `${content}.${sign(null, Buffer.from(content), privateKey).toString('base64url')}`;
  };
  const hashed = `${encode({ ...header, alg: 'HS256' })}.${payload}`;

  return {
    'is no token at all': 'garbage',
    'has three parts of garbage': 'a.b.c',
    'is very long': `${head}.${'A'.repeat(6000)}.${signature}`,
    'lacks its signature': `${head}.${payload}`,
    'has an empty signature': `${head}.${payload}.`,
    'has half a signature': `${head}.${payload}.${signature.slice(0, signature.length / 2)}`,
    'has an altered signature': `${head}.${payload}.${flipped(signature)}`,
    'has a part too many': `${genuine}.${signature}`,
    'says alg none': unsigned('none'),
    'says alg None': unsigned('None'),
    'says alg none and keeps its signature': `${encode({ ...header, alg: 'none' })}.${payload}.${signature}`,
    'is signed with a shared secret': `${hashed}.${createHmac('sha256', 'secret').update(hashed).digest('base64url')}`,
    'is signed with another key': signedWithOtherKey(claims),
    'has expired and is signed with another key': signedWithOtherKey({
      ...claims,
      iat: now - 7200,
      exp: now - 3600,
    }),
    'had its expiry put back': `${head}.${encode({ ...claims, exp: now - 3600 })}.${signature}`,
    'had its expiry put off': `${head}.${encode({ ...claims, exp: now + 1e9 })}.${signature}`,
    'had its subject changed': `${head}.${encode({ ...claims, sub: '1' })}.${signature}`,
    'carries claims that are not JSON': `${head}.${Buffer.from('{').toString('base64url')}.${signature}`,
    'carries claims that are null': `${head}.${encode(null)}.${signature}`,
  };
}

function decode(part: string): Claims {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Claims;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function flipped(signature: string): string {
  const bytes = Buffer.from(signature, 'base64url');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes.toString('base64url');
}
