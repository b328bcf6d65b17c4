import { MAX_STALENESS_SECONDS } from '@tearline/cache';
import { edgeLimits } from '@tearline/composition';
import { corsOrigins, hostSettings } from '@tearline/host';
import { manifests } from '@tearline/modules';
import { varnishArguments } from '@tearline/process';
import { type Environment, readSettings } from '@tearline/settings';
import { type Topology, vcl } from '@tearline/topology';
import { HTTP_PORT, nginxOf, purgeNameOf, purgeUrlOf, secretFile, secretsMount } from './names.js';
import { profileNames } from './profiles.js';

/** Of its memory in `docker/services.yaml`, what pages take. */
const MEMORY_MIB = 256;
/** Of each of two pools; a request or a stream takes a thread. `docker/services.yaml` allows for them. */
const MAX_THREADS = 1_000;

/** Returns the compose service of an edge cache in front of nginx. */
export function varnishService(topology: Topology): object {
  const listening = varnishArguments({
    listen: `0.0.0.0:${HTTP_PORT}`,
    purges: new URL(purgeUrlOf(topology)).host,
    memoryMib: MEMORY_MIB,
  });
  return {
    extends: { file: 'services.yaml', service: 'varnish' },
    profiles: profileNames({ cdn: true }),
    command: [nginxOf(topology), ...listening, '-p', `thread_pool_max=${MAX_THREADS}`],
    environment: { CDN_PURGE_SECRET_FILE: secretFile('cdn', 'purge-secret') },
    volumes: [secretsMount('cdn'), `./varnish/${topology.name}.vcl:/etc/tearline/edge.vcl:ro`],
    // The name is that of its address in the network for purges alone, so the socket is nowhere else.
    networks: { edge: {}, purge: { aliases: [purgeNameOf(topology)] } },
    depends_on: { [nginxOf(topology)]: { condition: 'service_healthy' } },
  };
}

/** Returns its configuration. */
export function varnishFile(topology: Topology, env: Environment): string {
  const { CORS_ORIGINS } = readSettings({ CORS_ORIGINS: hostSettings.CORS_ORIGINS }, env);
  return vcl({
    topology: topology.name,
    manifests,
    origin: `${nginxOf(topology)}:${HTTP_PORT}`,
    limits: edgeLimits(env, manifests),
    corsOrigins: CORS_ORIGINS === '*' ? '*' : corsOrigins({ CORS_ORIGINS }),
    maxStaleness: MAX_STALENESS_SECONDS,
  });
}
