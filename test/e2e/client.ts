import { inject } from 'vitest';
import { Api } from '../support/api-client.js';
import { TokenJar } from '../support/token-jar.js';
import { conform } from './conformance.js';
import { assertDocumented } from './documented.js';
import './matchers.js';

const routes = inject('documentedRoutes');

/** An anonymous client of the server under test. It checks every response against the API's descriptions. */
export const api = new Api(
  inject('baseUrl'),
  undefined,
  (exchange) => {
    conform(exchange);
    assertDocumented(routes, exchange);
  },
  inject('carriesTokens') ? new TokenJar() : undefined,
);

/** The refusals a client may get for what it sends, whichever part of the server notices first. */
export const clientErrors = [400, 404, 413, 415, 422];
