import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { currentCall } from '@tearline/seam';
import type { IncomingMessage } from 'node:http';
import { tokenIn } from './authentication.guard.js';

/** Injects the id of the user; `undefined` where authentication is optional and the request has no token. */
export const ViewerId = createParamDecorator((): number | undefined => {
  const principal = currentCall()?.principal;
  return principal && Number(principal.id);
});

/** Injects the text of the request's token; empty for a request with a session. */
export const Token = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { headers } = context.switchToHttp().getRequest<Pick<IncomingMessage, 'headers'>>();
  return headers.authorization === undefined ? '' : tokenIn(headers.authorization);
});
