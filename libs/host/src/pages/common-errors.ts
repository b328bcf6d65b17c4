import type { OpenAPIObject } from '@nestjs/swagger';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;
type Responses = Operation['responses'];

const WRITES = ['post', 'put', 'patch', 'delete'] as const;
const METHODS = ['get', ...WRITES] as const;

const ERROR_BODY = {
  type: 'object',
  required: ['errors'],
  properties: {
    errors: {
      type: 'object',
      description: 'Messages by the field or resource that they are about.',
      minProperties: 1,
      additionalProperties: { type: 'array', minItems: 1, items: { type: 'string' } },
    },
  },
} satisfies NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

const CONTENT = { 'application/json': { schema: { $ref: '#/components/schemas/ErrorBody' } } };

const OF_ALL: Readonly<Record<number, string>> = {
  400: 'request: has a malformed URL',
  422: 'messages by field of the input; consistency: must be session, strong or eventual',
  500: 'server: internal error',
  503: 'server: unavailable; repeat it after the seconds of Retry-After',
  504: 'server: deadline exceeded',
};
const OF_PATHS_WITH_PARAMETERS = { 414: 'request: has a URL that is too long' };
const OF_WRITES: Readonly<Record<number, string>> = {
  400: 'body: is not valid JSON, is not valid UTF-8 or is incomplete; request: has a malformed URL',
  413: 'body: is too large',
  415: 'body: has another type than expected, is not in UTF-8 or is compressed',
  422: 'messages by field of the input; idempotency-key: was used for another request',
};
const OF_WRITES_OF_USERS = {
  403: 'with a session: csrf-token: forbidden, origin: forbidden',
  429: 'writes: too many attempts, try again in some seconds',
};

/**
 * Describes the errors that routes have in common, and the form of all errors: a route has the statuses that its method, its
 * parameters and its authentication imply, beside those that it declares itself.
 */
export function withCommonErrors(document: OpenAPIObject): OpenAPIObject {
  for (const [path, item] of Object.entries(document.paths))
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) addErrors(operation.responses, errorsOf(path, method, operation));
    }
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ErrorBody: ERROR_BODY },
  };
  return document;
}

function errorsOf(path: string, method: string, { security }: Operation) {
  const isWrite = method !== 'get';
  return {
    ...OF_ALL,
    ...(path.includes('{') && OF_PATHS_WITH_PARAMETERS),
    ...(isWrite && OF_WRITES),
    ...(isWrite && security && OF_WRITES_OF_USERS),
  };
}

function addErrors(responses: Responses, errors: Readonly<Record<string, string>>): void {
  for (const [status, description] of Object.entries(errors)) {
    const own = responses[status];
    if (!own) responses[status] = { description };
    else if ('description' in own) own.description = `${own.description}; ${description}`;
  }
  for (const [status, response] of Object.entries(responses))
    if (Number(status) >= 400 && response && 'description' in response) response.content ??= CONTENT;
}
