import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { newKeyPair } from './module-keys.js';
import { type DeploymentState, type ModuleKey, readState, writeState } from './deployment-state.js';

/**
 * What `migrate` does about the identity of a deployment:
 * - `new`: the database is a copy and becomes a deployment of its own, with keys of its own
 * - `keep`: the database is a copy and takes the place of the original
 * - `new-keys`: every module gets a new key
 */
export type DeploymentChange = 'new' | 'keep' | 'new-keys';

export interface EstablishOptions {
  readonly change?: DeploymentChange | undefined;
  /** A connection, as the owner, to another database of the same deployment: its identity and keys are taken over. */
  readonly other?: pg.Client | undefined;
}

/**
 * Returns the identity of the deployment that a database belongs to, or a new one.
 * @param owner connected as the owner of the schemas
 * @throws Error when the database is a copy of another deployment's and `change` does not say what to do about it
 */
export async function identityFor(owner: pg.Client, { change, other }: EstablishOptions): Promise<string> {
  const present = await readState(owner);
  return other ? joinedId(present, await readState(other)) : ownId(present, change);
}

/**
 * Gives all schemas of a database the identity of the deployment, the key of their module and the public keys of all others.
 * It is idempotent. Without a change, keys that are there stay.
 * @param owner connected as the owner of the schemas
 * @param id from {@link identityFor}
 */
export async function establishDeployment(
  owner: pg.Client,
  id: string,
  { change, other }: EstablishOptions,
): Promise<void> {
  const present = await readState(owner);
  const joined = other && (await readState(other));
  const known = new Map([...present.keys, ...(joined?.keys ?? [])].map((key) => [key.module, key]));
  // Modules whose data is on another server sign with a key that only its public half is known of here.
  const elsewhere = [...known.values()].filter(({ module }) => !present.schemas.includes(module));
  const hasNewKeys = change === 'new' || change === 'new-keys';
  const keys = present.schemas.map((module): ModuleKey => {
    const key = hasNewKeys && !joined ? undefined : known.get(module);
    return key?.privateKey === undefined ? { module, ...newKeyPair() } : key;
  });
  const others = elsewhere.map(({ module, publicKey }) => ({ module, publicKey }));
  await writeState(owner, { ...present, id, keys: [...keys, ...others] });
}

function ownId({ ids, origins, cluster, database }: DeploymentState, change?: DeploymentChange): string {
  const newId = randomBytes(8).toString('hex');
  if (change === 'new') return newId;
  if (ids.length > 1)
    throw new Error(
      `the schemas of '${database}' belong to different deployments, ${ids.join(' and ')}: ` +
        'npm run migrate -- --new-deployment makes them one',
    );
  const original = origins.find((each) => each.cluster !== cluster || each.database !== database);
  if (original && change !== 'keep')
    throw new Error(
      `the database '${database}' of server ${cluster} is a copy of '${original.database}' of server ` +
        `${original.cluster}, with the identity of deployment ${ids[0]!}. Both would share queues, cache and keys. ` +
        'To make the copy a deployment of its own, run `npm run migrate -- --new-deployment`. ' +
        'If the original does not run any more, run `npm run migrate -- --keep-deployment`',
    );
  return ids[0] ?? newId;
}

function joinedId(present: DeploymentState, joined: DeploymentState): string {
  const id = joined.ids[0];
  if (id === undefined)
    throw new Error(
      `DEPLOYMENT_DATABASE_URL: expected a database with the identity of a deployment, but '${joined.database}' has none: migrate it first`,
    );
  const foreign = present.ids.find((each) => each !== id);
  if (foreign !== undefined)
    throw new Error(
      `DEPLOYMENT_DATABASE_URL: expected a database of deployment ${foreign}, to which '${present.database}' belongs, got one of ${id}`,
    );
  return id;
}
