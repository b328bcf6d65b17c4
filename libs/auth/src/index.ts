export { AuthModule, type AuthModuleOptions } from './auth.module.js';
export { Authenticated, OptionallyAuthenticated, TOKEN_SCHEME } from './authenticated.decorator.js';
export { Token, ViewerId } from './caller.decorators.js';
export { developmentKeys, type DevelopmentKeys } from './development-keys.js';
export {
  generateSigningKey,
  Jwks,
  jwksSetting,
  publicKeysOf,
  SigningKey,
  signingKeySetting,
} from './keys.js';
export { TOKEN_ALGORITHM, TOKEN_ISSUER, type TokenClaims } from './token-claims.js';
export { TokenVerifier } from './token-verifier.js';
