import { type DynamicModule, Module } from '@nestjs/common';
import type { Jwks } from './keys.js';
import { JWKS, TokenVerifier } from './token-verifier.js';

export interface AuthModuleOptions {
  /** The public keys that verify tokens, e.g. `jwksSetting.parse(process.env.AUTH_JWKS)`. */
  jwks: Jwks;
}

/** Verifies the tokens of requests. To be imported once, by the application; modules only decorate their routes. */
@Module({})
export class AuthModule {
  static forRoot({ jwks }: AuthModuleOptions): DynamicModule {
    return {
      module: AuthModule,
      global: true,
      providers: [{ provide: JWKS, useValue: jwks }, TokenVerifier],
      exports: [TokenVerifier],
    };
  }
}
