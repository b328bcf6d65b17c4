import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A key and its certificate, PEM. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** Creates a private certificate authority, and identities that it has signed (X.509 v3, Ed25519). */
export function privateCa() {
  const root = generateKeyPairSync('ed25519');
  const rootName = nameOf('hosts of this system');
  const ca = certificate(rootName, root.publicKey, rootName, root.privateKey, isAuthority());
  return {
    ca,
    issue(dns: string): Identity {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      const cert = certificate(nameOf(dns), publicKey, rootName, root.privateKey, alternativeNames(dns));
      return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
    },
  };
}

function certificate(
  subject: Buffer,
  key: KeyObject,
  issuer: Buffer,
  issuerKey: KeyObject,
  extension: Buffer,
): string {
  const ed25519 = sequence(oid(0x2b, 0x65, 0x70));
  const time = (offset: number) => {
    const text = new Date(Date.now() + offset).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
    return der(0x18, Buffer.from(text));
  };
  const day = 24 * 3600 * 1000;
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ed25519,
    issuer,
    sequence(time(-day), time(day)),
    subject,
    key.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign(null, signed, issuerKey)]);
  const base64 = sequence(signed, ed25519, der(0x03, signature)).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.match(/.{1,64}/g)!.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function nameOf(text: string): Buffer {
  return sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(text)))));
}

function isAuthority(): Buffer {
  const critical = der(0x01, Buffer.from([0xff]));
  return sequence(oid(0x55, 0x1d, 0x13), critical, der(0x04, sequence(der(0x01, Buffer.from([0xff])))));
}

function alternativeNames(dns: string): Buffer {
  return sequence(oid(0x55, 0x1d, 0x11), der(0x04, sequence(der(0x82, Buffer.from(dns)))));
}

function oid(...bytes: number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
