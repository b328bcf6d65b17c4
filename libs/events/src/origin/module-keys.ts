import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { DataSource } from 'typeorm';

/** Keys are read again after this time, so that new ones need no restart. */
const MAX_AGE_MS = 60_000;
/** A message that does not verify makes them be read again at most this often. */
const MIN_AGE_MS = 1_000;

interface Keys {
  readonly deployment: string;
  readonly own: KeyObject | undefined;
  readonly byModule: ReadonlyMap<string, KeyObject>;
}

interface Row {
  readonly deployment: string;
  readonly module: string;
  readonly public_key: string;
  readonly private_key: string | null;
}

/**
 * The keys that a module's schema holds: its own private key, next to the outbox whose rows it signs, and the public keys
 * of all modules. `migrate` of `@tearline/database` writes them. Signatures are Ed25519, over the JSON of an array whose first
 * two elements are the kind of the message and the deployment.
 */
export class ModuleKeys {
  #loading: Promise<Keys> | undefined;
  /** On the clock of `performance.now()`. */
  #loadedAt = 0;

  constructor(
    readonly module: string,
    private readonly database: Pick<DataSource, 'query'>,
  ) {}

  /**
   * Returns the function that signs as this module. The signature of the same content is the same each time.
   * @throws Error when the module has no key; the database's error when it is unreachable
   */
  async signer(): Promise<(kind: string, content: readonly unknown[]) => string> {
    const { own, deployment } = await this.#keys(MAX_AGE_MS);
    if (!own) throw new Error(`'${this.module}' has no key to sign with: run \`npm run migrate\``);
    return (kind, content) => sign(null, bytesOf(kind, deployment, content), own).toString('base64url');
  }

  /**
   * Returns whether a module of this deployment has signed this.
   * @throws the database's error when the keys cannot be read
   */
  async verify(
    module: string,
    kind: string,
    content: readonly unknown[],
    signature: string,
  ): Promise<boolean> {
    const isSigned = ({ byModule, deployment }: Keys) => {
      const key = byModule.get(module);
      const text = bytesOf(kind, deployment, content);
      return key !== undefined && verify(null, text, key, Buffer.from(signature, 'base64url'));
    };
    return isSigned(await this.#keys(MAX_AGE_MS)) || isSigned(await this.#keys(MIN_AGE_MS));
  }

  #keys(maxAgeMs: number): Promise<Keys> {
    const known = this.#loading;
    if (known && performance.now() < this.#loadedAt + maxAgeMs) return known;
    this.#loadedAt = performance.now();
    const loading = this.#load().catch((error: unknown) => {
      if (known) return known;
      this.#loading = undefined;
      throw error;
    });
    return (this.#loading = loading);
  }

  async #load(): Promise<Keys> {
    const rows = await this.database.query<Row[]>(
      `select d.id as deployment, module, public_key, private_key
         from "${this.module}".module_keys, "${this.module}".deployment d`,
    );
    const own = rows.find(({ module }) => module === this.module)?.private_key;
    return {
      deployment: rows[0]?.deployment ?? '',
      own: own
        ? createPrivateKey({ key: Buffer.from(own, 'base64'), format: 'der', type: 'pkcs8' })
        : undefined,
      byModule: new Map(
        rows.map(({ module, public_key: key }) => [
          module,
          createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' }),
        ]),
      ),
    };
  }
}

const bytesOf = (kind: string, deployment: string, content: readonly unknown[]) =>
  Buffer.from(JSON.stringify([kind, deployment, ...content]));
