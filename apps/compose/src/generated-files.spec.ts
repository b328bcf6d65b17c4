import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moduleNames } from '@tearline/modules';
import { readTopology } from '@tearline/topology';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { generatedFiles } from './files/generated-files.js';
import { profileNames } from './files/profiles.js';

interface Service {
  readonly extends: { readonly service: string };
  readonly environment?: Record<string, string>;
  readonly volumes?: string[];
  readonly networks?: string[] | Record<string, unknown>;
  readonly ports?: string[];
  readonly depends_on?: Record<string, unknown>;
}
interface ComposeFile {
  readonly services: Record<string, Service>;
  readonly volumes: object;
  readonly networks: object;
}

const docker = fileURLToPath(new URL('../../../docker', import.meta.url));
const servicesIn = (file: string) =>
  (parse(readFileSync(join(docker, file), 'utf8')) as ComposeFile).services;
const common = { services: { ...servicesIn('services.yaml'), ...servicesIn('observe.yaml') } };
const references = ['monolith', 'microservices', 'workers', 'media', { alone: 'articles' }];
const topologies = await Promise.all(
  [{}, { cdn: true }, { ha: true }, { observe: true }].flatMap((profiles) =>
    references.map(async (reference) => {
      const topology = await readTopology(reference, { modules: moduleNames });
      const files = generatedFiles(topology, {}, profiles);
      const title = [topology.name, ...profileNames(profiles)].join(' with ');
      return { title, topology, files, file: parse(files[`compose.${topology.name}.yaml`]!) as ComposeFile };
    }),
  ),
);

describe.each(topologies)('the files of $title', ({ topology, files, file }) => {
  it('refer to nothing that is missing', () => {
    const referredTo = Object.values(file.services).flatMap((service) => {
      const base = common.services[service.extends.service]!;
      const { networks = {}, depends_on: others = {} } = { ...base, ...service };
      const volumes = [...(base.volumes ?? []), ...(service.volumes ?? [])];
      const sources = volumes.map((volume) => volume.split(':')[0]!);
      return [
        ...sources.map((source) =>
          source.startsWith('./') ? source.slice('./'.length) : `volume ${source}`,
        ),
        ...(Array.isArray(networks) ? networks : Object.keys(networks)).map((name) => `network ${name}`),
        ...Object.keys(others).map((name) => `service ${name}`),
      ];
    });
    const present = [
      ...Object.keys(files),
      // A folder may be mounted as a whole.
      ...Object.keys(files).map((name) => dirname(dirname(name))),
      ...globSync('{alertmanager,nats,nginx,patroni,postgres,redis,varnish}/*.{sh,conf,yaml}', {
        cwd: docker,
      }),
      ...Object.keys(file.volumes).map((name) => `volume ${name}`),
      ...Object.keys(file.networks).map((name) => `network ${name}`),
      ...Object.keys(file.services).map((name) => `service ${name}`),
    ];
    expect(referredTo).toContain('service redis');
    expect(referredTo.filter((each) => !present.includes(each))).toEqual([]);
  });

  it.each(topology.hosts)('host $name has the credentials of its own modules alone', (host) => {
    const service = file.services[`${topology.name}-${host.name}`]!;
    const foreign = moduleNames.filter((name) => !host.modules.includes(name));
    for (const module of foreign) {
      const credentials = new RegExp(`^${module.toUpperCase()}_(DATABASE_URL|SIGNING_KEY)`);
      expect(Object.keys(service.environment!).filter((name) => credentials.test(name))).toEqual([]);
      expect(service.volumes!.filter((volume) => volume.startsWith(`secrets-${module}:`))).toEqual([]);
    }
    for (const audience of ['postgres', 'patroni', 'redis', 'migrate'])
      expect(service.volumes!.join('\n')).not.toContain(`secrets-${audience}:`);
  });

  it('put nginx on no network with a database', () => {
    expect(file.services[`${topology.name}-nginx`]!.networks).toBeUndefined();
    expect(common.services['nginx']!.networks).toEqual(['edge']);
    for (const server of ['postgres', 'redis']) expect(common.services[server]!.networks).toEqual(['data']);
  });
});

it('only nginx, the edge cache and Grafana publish a port, on the loopback address', () => {
  const published = Object.entries(common.services).filter(([, { ports }]) => ports !== undefined);
  const onLoopback = expect.objectContaining({ ports: [expect.stringMatching(/^127\.0\.0\.1:.*:3000$/)] });
  expect(published).toEqual([
    ['nginx', onLoopback],
    ['varnish', onLoopback],
    ['grafana', onLoopback],
  ]);
});

describe('the edge cache', async () => {
  const topology = await readTopology('microservices', { modules: moduleNames });
  const filesWith = (cdn: boolean, env = {}) => {
    const files = generatedFiles(topology, env, { cdn });
    return { files, file: parse(files['compose.microservices.yaml']!) as ComposeFile };
  };
  const hosts = topology.hosts.map(({ name }) => `microservices-${name}`);
  const networksOf = ({ networks = {} }: Service) =>
    Array.isArray(networks) ? networks : Object.keys(networks);

  it('is in the profile cdn, and takes purges on a network that it shares with the hosts alone', () => {
    const { file } = filesWith(true);
    const edgeCache = file.services['microservices-varnish']!;
    expect(edgeCache).toMatchObject({
      profiles: ['cdn'],
      command: expect.arrayContaining(['edge=0.0.0.0:3000', 'purge=microservices-varnish.purge:6081']),
      networks: { edge: {}, purge: { aliases: ['microservices-varnish.purge'] } },
    });
    expect(file.networks).toMatchObject({ purge: { internal: true } });
    const onNetwork = Object.keys(file.services).filter((name) =>
      networksOf(file.services[name]!).includes('purge'),
    );
    expect(onNetwork.toSorted()).toEqual([...hosts, 'microservices-varnish'].toSorted());
  });

  it('shares its secret with the hosts alone, and knows no other', () => {
    const { file } = filesWith(true);
    const readers = Object.keys(file.services).filter((name) =>
      file.services[name]!.volumes?.includes('secrets-cdn:/run/secrets/cdn:ro'),
    );
    expect(readers.toSorted()).toEqual([...hosts, 'microservices-varnish'].toSorted());
    for (const name of readers)
      expect(file.services[name]!.environment).toMatchObject({
        CDN_PURGE_SECRET_FILE: '/run/secrets/cdn/purge-secret',
      });
    for (const name of hosts)
      expect(file.services[name]!.environment).toMatchObject({
        CDN_PURGE_URLS: 'http://microservices-varnish.purge:6081',
      });
    const secrets = file.services['microservices-varnish']!.volumes!.filter((each) =>
      each.includes('secrets'),
    );
    expect(secrets).toHaveLength(1);
  });

  it('has nginx as its origin, which trusts its address', () => {
    const { files } = filesWith(true, { CORS_ORIGINS: 'https://app.example, https://b.example' });
    const configuration = files['varnish/microservices.vcl']!;
    expect(configuration).toContain('.host = "microservices-nginx";');
    expect(configuration).toContain(String.raw`^(https://app\.example|https://b\.example)$`);
    expect(files['nginx/microservices.conf']).toContain('set_real_ip_from microservices-varnish/32;');
  });

  it('is nowhere without being asked for', () => {
    const { files, file } = filesWith(false);
    expect(JSON.stringify({ ...files, 'compose.microservices.yaml': '' })).not.toContain('varnish');
    expect(Object.keys(file.services)).not.toContain('microservices-varnish');
    expect(file.networks).not.toHaveProperty('purge');
    const readers = Object.values(file.services).filter(
      ({ volumes = [], environment = {} }) =>
        volumes.includes('secrets-cdn:/run/secrets/cdn:ro') || 'CDN_PURGE_URLS' in environment,
    );
    expect(readers).toEqual([]);
  });
});

describe('the servers under Patroni', async () => {
  const topology = await readTopology('microservices', { modules: moduleNames });
  const fileWith = (ha: boolean) =>
    parse(generatedFiles(topology, {}, { ha })['compose.microservices.yaml']!) as ComposeFile;
  const members = ['patroni-1', 'patroni-2', 'patroni-3'];

  it('are three, in the profile ha, in place of the primary and its replica', () => {
    const { services } = fileWith(true);
    for (const name of [...members, 'etcd']) expect(services[name]).toMatchObject({ profiles: ['ha'] });
    expect(Object.keys(services)).not.toContain('postgres');
    expect(services['migrate']!.environment!['DATABASE_URL_FILE']).toBe(
      '/run/secrets/migrate/ha-database-url',
    );
    expect(services['microservices-articles']!.environment).toMatchObject({
      ARTICLES_DATABASE_URL_FILE: '/run/secrets/articles/ha-database-url',
      DATABASE_REPLICA_URLS: members.map((name) => `postgres://${name}`).join(),
    });
  });

  it('share a network with etcd that no host is on, and secrets that no host has', () => {
    const { services } = fileWith(true);
    const namesWith = (isMeant: (service: Service) => boolean) =>
      Object.keys(services).filter((name) => isMeant(services[name]!));
    expect(namesWith(({ networks = {} }) => 'ha' in networks)).toEqual(['etcd', ...members]);
    expect(
      namesWith(({ volumes = [] }) => volumes.includes('secrets-patroni:/run/secrets/patroni:ro')),
    ).toEqual(members);
  });

  it('are nowhere without being asked for', () => {
    expect(JSON.stringify(fileWith(false))).not.toMatch(/patroni|etcd/);
  });
});

describe('Grafana and Alertmanager', async () => {
  const topology = await readTopology('microservices', { modules: moduleNames });
  const filesWith = (observe: boolean) => generatedFiles(topology, {}, { observe });
  const parsed = (files: Record<string, string>, name: string) => parse(files[name]!) as object;

  it('are in the profile observe, on a network that no host is on', () => {
    const { services } = parse(filesWith(true)['compose.microservices.yaml']!) as ComposeFile;
    for (const name of ['alertmanager', 'grafana']) {
      expect(services[`microservices-${name}`]).toMatchObject({ profiles: ['observe'] });
      expect(common.services[name]!.networks).toEqual(['observe']);
    }
    const others = Object.keys(services).filter((name) =>
      JSON.stringify(services[name]!.networks ?? {}).includes('observe'),
    );
    expect(others).toEqual(['microservices-prometheus']);
  });

  it('get the dashboards, and the alerts of Prometheus', () => {
    const files = filesWith(true);
    const folder = 'grafana/microservices';
    expect(parsed(files, `${folder}/datasources/prometheus.yaml`)).toMatchObject({
      datasources: [{ url: 'http://microservices-prometheus:9090' }],
    });
    const dashboards = Object.keys(files).filter((name) => name.startsWith(`${folder}/dashboards/`));
    expect(dashboards).toContain(`${folder}/dashboards/tearline-overview.json`);
    expect(parsed(files, 'prometheus/microservices.yaml')).toMatchObject({
      alerting: { alertmanagers: [{ static_configs: [{ targets: ['microservices-alertmanager:9093'] }] }] },
    });
  });

  it('are nowhere without being asked for; Prometheus has the rules in any case', () => {
    const files = filesWith(false);
    expect(Object.keys(files).filter((name) => name.startsWith('grafana/'))).toEqual([]);
    expect(files['prometheus/microservices.yaml']).not.toContain('alertmanager');
    expect(files['prometheus/microservices.rules.yaml']).toContain('alert: HostDown');
    const { services } = parse(files['compose.microservices.yaml']!) as ComposeFile;
    expect(Object.keys(services).join()).not.toMatch(/grafana|alertmanager/);
    expect(services['microservices-prometheus']!.networks).toBeUndefined();
  });
});

describe('the stream of the log', async () => {
  const topology = await readTopology('microservices', { modules: moduleNames });
  const fileWith = (observe: boolean) =>
    parse(generatedFiles(topology, {}, { observe })['compose.microservices.yaml']!) as ComposeFile;
  const hosts = topology.hosts.map(({ name }) => `microservices-${name}`);

  it('gets the lines of all hosts, and only the store may read them', () => {
    const { services, networks } = fileWith(true);
    for (const name of ['nats', 'logs']) {
      expect(services[name]).toMatchObject({ profiles: ['observe'] });
      expect(common.services[name]!.networks).toEqual(['logs']);
    }
    expect(networks).toMatchObject({ logs: { internal: true } });
    for (const name of hosts) {
      expect(services[name]).toMatchObject({
        environment: {
          LOGS_URL_FILE: '/run/secrets/hosts/logs-url',
          LOGS_SPOOL_DIR: '/var/lib/tearline/spool',
        },
        networks: { logs: {} },
      });
      expect(services[name]!.volumes!.join()).not.toMatch(/secrets-(nats|logs)/);
    }
  });

  it('is nowhere without being asked for', () => {
    const { services, networks } = fileWith(false);
    expect(Object.keys(services)).not.toContain('nats');
    expect(networks).not.toHaveProperty('logs');
    expect(services[hosts[0]!]!.environment).not.toHaveProperty('LOGS_URL_FILE');
  });
});

describe('settings that nginx has to know', () => {
  const service = (file: ComposeFile, name: string) =>
    file.services[name] as Service & Record<string, string>;

  it('are the same for nginx and the hosts', async () => {
    const topology = await readTopology('media', { modules: moduleNames });
    const env = { BODY_LIMIT: '3000000', SHUTDOWN_TIMEOUT_MS: '30000', TRUST_PROXY: 'uniquelocal' };
    const files = generatedFiles(topology, env);
    const file = parse(files['compose.media.yaml']!) as ComposeFile;
    const nginx = files['nginx/media.conf']!;
    expect(nginx).toContain('client_max_body_size 3000000;');
    expect(nginx).toContain('set_real_ip_from 172.16.0.0/12;');
    expect(service(file, 'media-app').environment).toMatchObject({ BODY_LIMIT: '3000000', TRUST_PROXY: '1' });
    for (const name of ['media-app', 'media-nginx'])
      expect(service(file, name)['stop_grace_period']).toBe('40s');
  });

  it('decide on the memory of nginx', async () => {
    const topology = await readTopology('monolith', { modules: moduleNames });
    const memory = (env: Record<string, string>) =>
      parseInt(
        service(
          parse(generatedFiles(topology, env)['compose.monolith.yaml']!) as ComposeFile,
          'monolith-nginx',
        )['mem_limit']!,
      );
    expect(memory({})).toBeGreaterThan(memory({ STREAMS_MAX: '100' }) + 150);
  });
});
