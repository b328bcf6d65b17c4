import { type DynamicModule, type InjectionToken, Module } from '@nestjs/common';
import { type Authority, AUTHORITY, type Broadcaster, BROADCASTER } from './authority.js';
import { CrossSiteProtection, TRUSTED_ORIGINS } from './cross-site-protection.js';
import type { Jwks } from './keys.js';
import { Revocations } from './revocations.js';
import { SECURE_COOKIES, type SecureCookies, SessionCookies } from './session-cookies.js';
import { SessionVerifier } from './session-verifier.js';
import { JWKS, TokenVerifier } from './token-verifier.js';
import { WriteLimit, WRITES_PER_MINUTE } from './write-limit.js';

export interface AuthModuleOptions {
  /** The public keys that verify tokens, e.g. `jwksSetting.parse(process.env.AUTH_JWKS)`. */
  jwks: Jwks;
  /** Writes of one user to this process in a minute; unlimited by default. */
  writesPerMinute?: number;
  /**
   * Injection token of the {@link Authority}, e.g. of a contract. Without one, or in a process that does not provide it, no session
   * is valid and no token is ever revoked.
   */
  authority?: InjectionToken<Authority>;
  /** Injection token of the {@link Broadcaster} that carries revocations to the other processes. */
  broadcaster?: InjectionToken<Broadcaster>;
  /** Origins whose pages may call with cookies, beside the pages of the host itself. */
  trustedOrigins?: readonly string[];
  /** The Redis in which all processes of the deployment share state, if there is one. */
  redis?: SharedRedis | undefined;
  /** Whether cookies are for TLS alone; `auto` by default. */
  secureCookies?: SecureCookies;
}

/** A Redis and the prefix of the deployment's keys in it. */
export interface SharedRedis {
  readonly url: string;
  readonly namespace: string;
}

/** Injection token of the {@link SharedRedis}; undefined without one. */
export const SHARED_REDIS = Symbol('shared Redis');

/** Verifies the tokens and sessions of requests. To be imported once, by the application; modules only decorate their routes. */
@Module({})
export class AuthModule {
  static forRoot(options: AuthModuleOptions): DynamicModule {
    const { jwks, writesPerMinute = Infinity, trustedOrigins = [], secureCookies = 'auto' } = options;
    const forGuards = [TokenVerifier, SessionCookies, SessionVerifier, CrossSiteProtection, WriteLimit];
    return {
      module: AuthModule,
      global: true,
      providers: [
        { provide: JWKS, useValue: jwks },
        { provide: WRITES_PER_MINUTE, useValue: writesPerMinute },
        { provide: TRUSTED_ORIGINS, useValue: trustedOrigins },
        { provide: SECURE_COOKIES, useValue: secureCookies },
        { provide: SHARED_REDIS, useValue: options.redis },
        alias(AUTHORITY, options.authority),
        alias(BROADCASTER, options.broadcaster),
        Revocations,
        ...forGuards,
      ],
      exports: [SHARED_REDIS, Revocations, ...forGuards],
    };
  }
}

/** Provides what another token provides; undefined where nothing does. */
function alias(provide: symbol, token: InjectionToken | undefined) {
  const inject = token === undefined ? [] : [{ token, optional: true }];
  return { provide, inject, useFactory: (provided?: unknown) => provided };
}
