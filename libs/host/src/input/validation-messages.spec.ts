import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { kinds } from './validation-messages.fixture.js';
import { ValidationPipe } from './validation.pipe.js';

const pipe = new ValidationPipe();

/** Returns the messages for the only field of a body. */
function messagesFor(schema: z.ZodType, value: unknown): unknown {
  try {
    pipe.transform({ form: { field: value } }, {
      type: 'body',
      schema: z.object({ form: z.object({ field: schema }) }),
    } as never);
    return undefined;
  } catch (error) {
    return (error as { getResponse(): { errors: Record<string, string[]> } }).getResponse().errors['field'];
  }
}

describe('an issue without a message of its own', () => {
  it.each(kinds)('%s: %s', (_, message, schema, value) => {
    expect(messagesFor(schema, value)).toEqual([message]);
  });

  it('is of a kind of which there is a test', () => {
    const known = Object.keys({
      invalid_type: 0,
      too_big: 0,
      too_small: 0,
      invalid_format: 0,
      not_multiple_of: 0,
      unrecognized_keys: 0,
      invalid_union: 0,
      invalid_key: 0,
      invalid_element: 0,
      invalid_value: 0,
      custom: 0,
    } satisfies Record<z.core.$ZodIssue['code'], 0>);
    expect(new Set(kinds.map(([kind]) => kind))).toEqual(new Set(known));
  });
});

it('a message of the schema stays', () => {
  expect(messagesFor(z.array(z.string()).min(2, { error: 'needs two options' }), [])).toEqual([
    'needs two options',
  ]);
});
