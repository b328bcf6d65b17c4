import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { currentCall } from '@tearline/seam';
import type { IncomingMessage } from 'node:http';
import { presentedToken } from './presented-token.js';

/** The id of the user who calls: a number, or `undefined` where authentication is optional and nobody presented a token. */
export const ViewerId = createParamDecorator((): number | undefined => {
  const principal = currentCall()?.principal;
  return principal && Number(principal.id);
});

/** The text of the token that the caller presented; for routes that require one. */
export const Token = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { headers } = context.switchToHttp().getRequest<Pick<IncomingMessage, 'headers'>>();
  return presentedToken(headers.authorization ?? '');
});
