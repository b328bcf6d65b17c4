export { AuthenticationGuard } from './authentication.guard.js';
export { AuthModule, type AuthModuleOptions, SHARED_REDIS, type SharedRedis } from './auth.module.js';
export type { Authority, Broadcaster, ChangeCursor, CredentialChange, OpenSession } from './authority.js';
export { authSettings } from './auth-settings.js';
export {
  Authenticated,
  OptionallyAuthenticated,
  SameOrigin,
  SESSION_SCHEME,
  TOKEN_SCHEME,
} from './authenticated.decorator.js';
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
export { AttemptLimiter, type LimitedKey } from './limits/attempt-limiter.js';
export type { AttemptLimit, AttemptStore, Settlement, Verdict } from './limits/attempt-store.js';
export { MemoryAttempts } from './limits/memory-attempts.js';
export { RedisAttempts } from './limits/redis-attempts.js';
export { type Revocation, Revocations } from './revocations.js';
export { csrfTokenOf, type SecureCookies, SessionCookies, sessionIdOf } from './session-cookies.js';
export { SessionVerifier } from './session-verifier.js';
export { TOKEN_ALGORITHM, TOKEN_ISSUER, type TokenClaims } from './token-claims.js';
export { TokenVerifier } from './token-verifier.js';
export { WriteLimit } from './write-limit.js';
