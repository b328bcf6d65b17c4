import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { ModuleManifest } from '@tearline/seam';
import type { FastifyRequest } from 'fastify';
import { landingPage } from './landing-page.js';

export const MODULES = Symbol('modules of the host');

@ApiExcludeController()
@Controller()
export class LandingController {
  constructor(@Inject(MODULES) private readonly modules: readonly ModuleManifest[]) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  page(@Req() { protocol, host }: FastifyRequest): string {
    return landingPage(`${protocol}://${host}`, this.modules);
  }
}
