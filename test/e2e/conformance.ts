import { readFileSync } from 'node:fs';
import { compareRoutes, matchesRoute } from '@tearline/seam';
import { z } from 'zod';
import type { Exchange, Reply } from '../support/api-client.js';

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0] & object;

interface Operation {
  operationId: string;
  responses: Record<string, { $ref: string }>;
}

interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, JsonSchema>;
    responses: Record<string, { content: { 'application/json'?: { schema: JsonSchema } } }>;
  };
}

/** RealWorld's OpenAPI description, as JSON. */
export const description = JSON.parse(
  readFileSync(new URL('realworld/openapi.json', import.meta.url), 'utf8'),
) as Description;

/** What the description leaves out: any operation may get a body or a caller that the framework refuses. */
const anywhere = new Set([400, 413, 415, 429]);

/** A name can be taken on an update too, and an article is read with the eyes of its viewer. */
const alsoDocumented: Record<string, number> = { UpdateCurrentUser: 409, GetArticle: 401 };

const errorForm = z.strictObject({
  errors: z
    .record(z.string().min(1), z.array(z.string().min(1)).min(1))
    .refine((errors) => Object.keys(errors).length > 0, 'names no field or resource'),
});

const operations = Object.entries(description.paths).flatMap(([template, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method: method.toUpperCase(),
    pattern: `/api${template.replaceAll(/\{\w+\}/g, '*')}`,
    id: operation.operationId,
    responses: new Map(
      Object.entries(operation.responses).map(([status, { $ref }]) => [Number(status), validator($ref)]),
    ),
  })),
);

/** Every operation of the description: `GetArticle`, `CreateUser`, … */
export const operationIds = operations.map(({ id }) => id);

/**
 * Checks an answer against the description, strictly: a status that the operation documents, all that the schema
 * requires, and nothing that it does not name. Whatever is asked, a refusal has the error form.
 */
export function conform({ method, path, reply }: Exchange): void {
  const { status, text } = reply;
  const refuse = (why: string): never => {
    throw new Error(`${method} ${path} answered ${status}: ${why}\n${text.slice(0, 2000)}`);
  };
  if (status >= 400) {
    const why = errorFormViolation(reply);
    if (why !== undefined) {
      refuse(why);
    }
  }
  const operation = operationOf(method, path);
  if (operation === undefined) {
    return;
  }
  if (!operation.responses.has(status) && !anywhere.has(status) && alsoDocumented[operation.id] !== status) {
    refuse(`${operation.id} documents no such status`);
  }
  if (status >= 400) {
    return;
  }
  const schema = operation.responses.get(status);
  if (schema === undefined) {
    if (text !== '') {
      refuse(`${operation.id} documents no content`);
    }
    return;
  }
  if (!reply.headers.get('content-type')?.startsWith('application/json')) {
    refuse(`the content type is ${reply.headers.get('content-type')}`);
  }
  const outcome = schema.safeParse(withoutExtensions(operation.id, path, reply.body));
  if (!outcome.success) {
    refuse(z.prettifyError(outcome.error));
  }
}

/** Pages, which a client asks for, have a cursor beside what the description names. */
function withoutExtensions(id: string, path: string, body: unknown): unknown {
  if (id !== 'GetArticleComments' || !/[?&](limit|cursor)=/.test(path)) return body;
  const { nextCursor: _, ...described } = body as { nextCursor: string | null };
  return described;
}

/** Says what keeps a refusal from the error form, `{ errors: { <field or resource>: [<message>, …] } }` as JSON. */
export function errorFormViolation({ headers, body }: Reply): string | undefined {
  if (!headers.get('content-type')?.startsWith('application/json')) {
    return `the content type is ${headers.get('content-type')}`;
  }
  const outcome = errorForm.safeParse(body);
  return outcome.success ? undefined : z.prettifyError(outcome.error);
}

function operationOf(method: string, path: string) {
  const [pathname = ''] = path.split('?');
  return operations
    .filter((operation) => operation.method === method && matchesRoute(operation.pattern, pathname))
    .toSorted((one, other) => compareRoutes(one.pattern, other.pattern))[0];
}

function validator(ref: string): z.ZodType | undefined {
  const response = description.components.responses[ref.slice('#/components/responses/'.length)];
  const schema = response?.content['application/json']?.schema;
  return (
    schema && z.fromJSONSchema(strict({ ...schema, $defs: description.components.schemas }) as JsonSchema)
  );
}

/** Closes every object that names its properties, and leads references to where zod looks for them. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) {
    return schema.map(strict);
  }
  if (typeof schema !== 'object' || schema === null) {
    return typeof schema === 'string' ? schema.replace('#/components/schemas/', '#/$defs/') : schema;
  }
  const entries = Object.entries(schema).map(([key, value]) => [key, strict(value)]);
  const closed = 'properties' in schema && 'type' in schema ? { additionalProperties: false } : {};
  return { ...Object.fromEntries(entries), ...closed };
}
