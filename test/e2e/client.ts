import { inject } from 'vitest';
import { Api } from '../support/api-client.js';
import { TokenJar } from '../support/token-jar.js';
import { conform } from './conformance.js';
import './matchers.js';

/** An anonymous client of the server under test. It checks every response against the API's description. */
export const api = new Api(
  inject('baseUrl'),
  undefined,
  conform,
  inject('carriesTokens') ? new TokenJar() : undefined,
);

/** The refusals a client may get for what it sends, whichever part of the server notices first. */
export const clientErrors = [400, 404, 413, 415, 422];
