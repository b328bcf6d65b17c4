import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CrossSiteProtection } from './cross-site-protection.js';

/** Rejects requests that a page of another site caused, on a route that begins a session: there is no CSRF token yet. */
@Injectable()
export class SameOriginGuard implements CanActivate {
  constructor(private readonly crossSite: CrossSiteProtection) {}

  canActivate(context: ExecutionContext): boolean {
    this.crossSite.checkOrigin(context.switchToHttp().getRequest<FastifyRequest>());
    return true;
  }
}
