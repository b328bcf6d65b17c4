import { applyDecorators, UseGuards } from '@nestjs/common';
import { ApiResponse, ApiSecurity } from '@nestjs/swagger';
import { OptionalTokenGuard, TokenGuard } from './token.guard.js';

/** The name of the security scheme in the OpenAPI document: `Authorization: Token <jwt>`. */
export const TOKEN_SCHEME = 'Token';

const refusal = { status: 401, description: 'token: is missing, or is invalid' };

/**
 * A controller or a route for those who present a valid token.
 * Others get 401 `token: is missing` or `token: is invalid`, before anything else of the request is looked at.
 */
export function Authenticated() {
  return applyDecorators(UseGuards(TokenGuard), ApiSecurity(TOKEN_SCHEME), ApiResponse(refusal));
}

/** A controller or a route for anybody; but a token, when one is presented, must be valid. */
export function OptionallyAuthenticated() {
  return applyDecorators(
    UseGuards(OptionalTokenGuard),
    ApiSecurity({}),
    ApiSecurity(TOKEN_SCHEME),
    ApiResponse({ ...refusal, description: 'token: is invalid' }),
  );
}
