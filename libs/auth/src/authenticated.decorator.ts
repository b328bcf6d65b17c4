import { applyDecorators, UseGuards } from '@nestjs/common';
import { ApiResponse, ApiSecurity } from '@nestjs/swagger';
import { OptionalTokenGuard, TokenGuard } from './token.guard.js';

/** The name of the security scheme in the OpenAPI document: `Authorization: Token <jwt>`. */
export const TOKEN_SCHEME = 'Token';

const unauthorized = { status: 401, description: 'token: is missing, or is invalid' };

/**
 * Marks a controller or a route that requires a valid token. Other requests get 401 `token: is missing` or
 * `token: is invalid`, before their input is validated.
 */
export function Authenticated() {
  return applyDecorators(UseGuards(TokenGuard), ApiSecurity(TOKEN_SCHEME), ApiResponse(unauthorized));
}

/** Marks a controller or a route that works without a token, and rejects an invalid one. */
export function OptionallyAuthenticated() {
  return applyDecorators(
    UseGuards(OptionalTokenGuard),
    ApiSecurity({}),
    ApiSecurity(TOKEN_SCHEME),
    ApiResponse({ ...unauthorized, description: 'token: is invalid' }),
  );
}
