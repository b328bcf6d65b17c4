import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { ModuleManifest } from '@tearline/seam';
import type { FastifyRequest } from 'fastify';
import type { About } from '../about.js';
import { ReadinessProbe } from '../health/readiness.js';
import { TopologyHealth } from '../health/topology-health.js';
import type { HostSettings } from '../settings/host-settings.js';
import { LANDING_SCRIPT, landingPage, LINKED_PATHS } from './landing-page.js';
import { type HostState, topologyPicture } from './topology-picture.js';

/** Injects {@link LandingOptions}. */
export const LANDING = Symbol('options of the landing page');

export interface LandingOptions {
  readonly about: About;
  /** The modules of this host. */
  readonly modules: readonly ModuleManifest[];
  readonly settings: HostSettings;
}

@ApiExcludeController()
@Controller()
export class LandingController {
  readonly #topology: TopologyHealth;

  constructor(
    @Inject(LANDING) private readonly options: LandingOptions,
    private readonly readiness: ReadinessProbe,
  ) {
    this.#topology = new TopologyHealth(options.about.hosts);
  }

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('cache-control', 'no-store')
  async page(@Req() { protocol, host, server }: FastifyRequest): Promise<string> {
    const { about, settings } = this.options;
    return landingPage({
      base: `${protocol}://${host}`,
      version: about.version,
      picture: topologyPicture(await this.#hosts(), about.manifests, about.hosts.length > 0),
      pages: LINKED_PATHS.filter(
        // nginx does not forward it.
        (path) => (path !== '/metrics' || settings.TRUST_PROXY === 'off') && isServed(server, path),
      ),
      isDevelopment: settings.NODE_ENV !== 'production',
    });
  }

  @Get('landing.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  script(): string {
    return LANDING_SCRIPT;
  }

  async #hosts(): Promise<HostState[]> {
    const { about, modules } = this.options;
    if (about.hosts.length === 0) {
      const { status } = await this.readiness.run();
      const names = modules.map(({ name }) => name);
      const serve = ['http', 'rpc', 'jobs'];
      return [
        { name: 'this process', modules: names, serve, replicas: [status === 200 ? 'ready' : 'not ready'] },
      ];
    }
    const health = await this.#topology.read();
    return about.hosts.map((host) => ({ ...host, replicas: health.get(host.name)! }));
  }
}

const isServed = (server: FastifyRequest['server'], url: string) => server.hasRoute({ method: 'GET', url });
