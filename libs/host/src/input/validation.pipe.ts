import {
  type ArgumentMetadata,
  Injectable,
  type PipeTransform,
  UnprocessableEntityException,
} from '@nestjs/common';
import { z } from 'zod';
import { validationMessage } from './validation-messages.js';

type Schema = NonNullable<ArgumentMetadata['schema']>;
type Result = Awaited<ReturnType<Schema['~standard']['validate']>>;
type Issue = NonNullable<Result['issues']>[number];

const MAX_FIELDS = 20;
const MAX_MESSAGES_PER_FIELD = 5;

/**
 * Validates the parameters `@Body({ schema })`, `@Query({ schema })` and `@Param('name', { schema })`; responds 422 with
 * the messages by field. zod schemas without messages get the API's (`validation-messages.ts`). Replaces Nest's StandardSchemaValidationPipe, which creates a promise for every parameter of every
 * handler, and searches for `__proto__` recursively: the parser has rejected it already, and a deeply nested body overflows
 * the stack.
 */
@Injectable()
export class ValidationPipe implements PipeTransform {
  transform(value: unknown, { schema, type, data }: ArgumentMetadata): unknown {
    if (schema === undefined || type === 'custom') return value;
    if (schema instanceof z.ZodType) return zodValueOf(schema, value, data);
    const result = schema['~standard'].validate(value);
    if (result instanceof Promise) return result.then((settled) => valueOf(settled, data));
    return valueOf(result, data);
  }
}

function zodValueOf(schema: z.ZodType, value: unknown, parameter: string | undefined): unknown {
  const result = schema.safeParse(value, { error: validationMessage });
  return valueOf(result.success ? { value: result.data } : { issues: result.error.issues }, parameter);
}

function valueOf(result: Result, parameter: string | undefined): unknown {
  if (result.issues === undefined) return result.value;
  throw new UnprocessableEntityException({ errors: messagesByField(result.issues, parameter ?? 'body') });
}

/** Returns at most 20 fields with 5 messages each, because the client determines how many are invalid. */
function messagesByField(issues: readonly Issue[], fallback: string): Record<string, string[]> {
  const fields = new Map<string, Set<string>>();
  for (const issue of issues) {
    const field = fieldOf(issue, fallback);
    let messages = fields.get(field);
    if (messages === undefined) {
      if (fields.size === MAX_FIELDS) continue;
      fields.set(field, (messages = new Set()));
    }
    if (messages.size < MAX_MESSAGES_PER_FIELD) messages.add(issue.message);
  }
  return Object.fromEntries([...fields].map(([field, messages]) => [field, [...messages]]));
}

/** Returns the field that an issue is about: `title` for `article.title`, since the outer name only names the kind of body. */
function fieldOf({ path = [] }: Issue, fallback: string): string {
  const [outer, inner] = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
  const field = typeof inner === 'string' ? inner : outer;
  return field === undefined || field === '' ? fallback : String(field);
}
