import { type DynamicModule, Module } from '@nestjs/common';
import type { Jwks } from './keys.js';
import { JWKS, TokenVerifier } from './token-verifier.js';

/** How one process checks tokens. */
export interface AuthModuleOptions {
  /** The public keys of those who sign tokens, e.g. `jwksSetting.parse(process.env.AUTH_JWKS)`. */
  jwks: Jwks;
}

/** Who is calling. Imported once by an application; modules only mark their routes. */
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
