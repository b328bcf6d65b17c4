import { applyDecorators, UseGuards } from '@nestjs/common';
import { ApiResponse, ApiSecurity } from '@nestjs/swagger';
import { AuthenticationGuard, OptionalAuthenticationGuard } from './authentication.guard.js';
import { SameOriginGuard } from './same-origin.guard.js';

/** The name of the security scheme in the OpenAPI document: `Authorization: Token <jwt>`. */
export const TOKEN_SCHEME = 'Token';

/** The name of the security scheme in the OpenAPI document: the cookie of a session. */
export const SESSION_SCHEME = 'Session';

const unauthorized = { status: 401, description: 'token: is missing, or is invalid; session: is invalid' };

/**
 * Marks a controller or a route that requires a valid token or session. Other requests get 401 `token: is missing`,
 * `token: is invalid` or `session: is invalid`, before their input is validated.
 */
export function Authenticated() {
  return applyDecorators(
    UseGuards(AuthenticationGuard),
    ApiSecurity(TOKEN_SCHEME),
    ApiSecurity(SESSION_SCHEME),
    ApiResponse(unauthorized),
  );
}

/** Marks a controller or a route that works without a token or session, and rejects an invalid token. */
export function OptionallyAuthenticated() {
  return applyDecorators(
    UseGuards(OptionalAuthenticationGuard),
    ApiSecurity({}),
    ApiSecurity(TOKEN_SCHEME),
    ApiSecurity(SESSION_SCHEME),
    ApiResponse({ ...unauthorized, description: 'token: is invalid' }),
  );
}

/** Marks a route that begins a session: it rejects requests that a page of another site caused. */
export function SameOrigin() {
  return applyDecorators(
    UseGuards(SameOriginGuard),
    ApiResponse({ status: 403, description: 'origin: forbidden' }),
  );
}
