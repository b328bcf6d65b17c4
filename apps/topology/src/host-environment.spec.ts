import { moduleNames as names } from '@tearline/modules';
import { parseTopology } from '@tearline/topology';
import { describe, expect, it } from 'vitest';
import { replicasOf } from './addresses.js';
import { hostEnvironment, type Run } from './host-environment.js';

const urls = Object.fromEntries([...names, 'queues'].map((name) => [name, `postgres://${name}`]));

/** The environments of all hosts, by name. */
async function environments(file: string, run: Partial<Run> = {}, given: Record<string, string> = {}) {
  const topology = parseTopology(file, 'mine.yaml', names);
  const replicas = await replicasOf(topology);
  const whole: Run = {
    topology,
    replicas,
    urls,
    replicaUrls: Object.fromEntries(names.map((name) => [name, [`postgres://${name}@replica`]])),
    consistencySecret: 'seals tokens',
    connections: 5,
    jwks: 'public',
    signingKey: 'private',
    rpcSecret: 'between hosts',
    redisUrl: undefined,
    operatorPassword: undefined,
    mediaDir: '/data/media',
    ...run,
  };
  return Object.fromEntries(
    replicas.map((replica) => [replica.host.name, hostEnvironment(replica, whole, given)]),
  );
}

const all = names.join(', ');
const withWorkers = `hosts: { app: { modules: [${all}], serve: [http, rpc] }, workers: { modules: [${all}], serve: [jobs] } }`;
const rest = names.filter((name) => name !== 'media').join(', ');
const media = `hosts: { app: { modules: [${rest}] }, media: { modules: [media] } }`;

describe('the environment of a host', () => {
  it('names the roles of a host; no host calls one that serves jobs only', async () => {
    const { app, workers } = await environments(withWorkers);
    expect([app!['HOST_ROLES'], workers!['HOST_ROLES']]).toEqual(['http,rpc', 'jobs']);
    expect(workers).not.toHaveProperty('RPC_PORT');
    expect(Object.keys(workers!).filter((name) => name.endsWith('_RPC_ADDRESSES'))).toEqual([]);
  });

  it('names the folder for evidence of memory, for all hosts, where there is one', async () => {
    for (const env of Object.values(await environments(media, {}, { MEMORY_EVIDENCE_DIR: '/evidence' })))
      expect(env['MEMORY_EVIDENCE_DIR']).toBe('/evidence');
    for (const env of Object.values(await environments(media)))
      expect(env).not.toHaveProperty('MEMORY_EVIDENCE_DIR');
  });

  it('names one place for the queues, the same for all hosts', async () => {
    for (const env of Object.values(await environments(withWorkers))) {
      expect(env['QUEUES_DATABASE_URL']).toBe('postgres://queues');
      expect(env).not.toHaveProperty('REDIS_URL');
    }
    const onRedis = await environments(withWorkers, { redisUrl: 'redis://r' }, { QUEUES_DATABASE_URL: 'x' });
    for (const env of Object.values(onRedis)) {
      expect(env['REDIS_URL']).toBe('redis://r');
      expect(env).not.toHaveProperty('QUEUES_DATABASE_URL');
    }
  });

  it('inherits no file with a credential, either', async () => {
    const given = {
      QUEUES_DATABASE_URL_FILE: 'x',
      DATABASE_URL_FILE: 'x',
      REDIS_URL_FILE: 'x',
      LOG_LEVEL: 'warn',
    };
    const { app } = await environments(withWorkers, {}, given);
    expect(Object.keys(app!).filter((name) => name.endsWith('_FILE'))).toEqual([]);
    expect(app!['LOG_LEVEL']).toBe('warn');
  });

  it('has the operator’s password on the front host alone', async () => {
    const { app, workers } = await environments(
      withWorkers,
      { operatorPassword: 'correct horse' },
      { OPERATOR_PASSWORD: 'correct horse' },
    );
    expect(app!['OPERATOR_PASSWORD']).toBe('correct horse');
    expect(workers).not.toHaveProperty('OPERATOR_PASSWORD');
  });

  it('has the settings of its own modules alone, and one folder for the files of all hosts of media', async () => {
    const given = { MEDIA_S3_URL: 'https://key:secret@s3', SMTP_URL: 'smtp://u:p@mail', MAIL_FROM: 'a@b' };
    const hosts = await environments(media, {}, given);
    expect(hosts['media']).toMatchObject({ MEDIA_DIR: '/data/media', MEDIA_S3_URL: given.MEDIA_S3_URL });
    expect(hosts['media']).not.toHaveProperty('SMTP_URL');
    expect(hosts['app']).toMatchObject({ SMTP_URL: given.SMTP_URL, MAIL_FROM: given.MAIL_FROM });
    expect(Object.keys(hosts['app']!).filter((name) => name.startsWith('MEDIA_'))).toEqual([]);
    expect((await environments(media, {}, { MEDIA_DIR: '/mine' }))['media']!['MEDIA_DIR']).toBe('/mine');
  });
});
