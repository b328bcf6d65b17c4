import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  email,
  filterText,
  name,
  nullableText,
  optionalText,
  Page,
  password,
  positiveId,
  text,
} from '../index.js';

/** Returns the messages for an invalid value; none for a valid one. */
function messagesOf(schema: z.ZodType, value: unknown): string[] {
  return schema.safeParse(value).error?.issues.map(({ message }) => message) ?? [];
}

const NOT_ALLOWED = 'contains characters that are not allowed';

describe('text', () => {
  const schema = text({ min: 2, max: 4 });

  it.each([
    [undefined, "can't be blank"],
    [null, "can't be blank"],
    ['', "can't be blank"],
    [' \t\n', "can't be blank"],
    [5, 'must be a string'],
    [['ab'], 'must be a string'],
    [{}, 'must be a string'],
    ['a', 'is too short (minimum is 2 characters)'],
    ['😀', 'is too short (minimum is 2 characters)'],
    ['abcde', 'is too long (maximum is 4 characters)'],
    ['😀😀😀😀😀', 'is too long (maximum is 4 characters)'],
    ['a\0b', NOT_ALLOWED],
    ['a\ud800', NOT_ALLOWED],
  ])('rejects %j: %s', (value, message) => {
    expect(messagesOf(schema, value)).toEqual([message]);
  });

  it.each(['ab', ' a b', '😀😀😀😀', '한국'])('accepts %j unchanged', (value) => {
    expect(schema.parse(value)).toBe(value);
  });

  it('may be absent if it is optional, but not null', () => {
    expect(z.object({ a: optionalText({ max: 4 }) }).parse({})).toEqual({});
    expect(messagesOf(optionalText({ max: 4 }), null)).toEqual(["can't be blank"]);
  });
});

describe('nullableText', () => {
  const schema = z.object({ bio: nullableText({ max: 4 }) });

  it.each([
    [{}, {}],
    [{ bio: null }, { bio: null }],
    [{ bio: '' }, { bio: null }],
    [{ bio: ' ' }, { bio: ' ' }],
  ])('reads %j as %j', (given, parsed) => {
    expect(schema.parse(given)).toStrictEqual(parsed);
  });

  it('rejects values that are not text, or too long', () => {
    expect(messagesOf(schema, { bio: 5 })).toEqual(['must be a string']);
    expect(messagesOf(schema, { bio: 'abcde' })).toEqual(['is too long (maximum is 4 characters)']);
  });
});

describe('password', () => {
  it('accepts white space of a valid length', () => {
    expect(messagesOf(password(), ' '.repeat(8))).toEqual([]);
  });

  it.each([
    ['', "can't be blank"],
    ['       ', 'is too short (minimum is 8 characters)'],
    ['x'.repeat(129), 'is too long (maximum is 128 characters)'],
  ])('rejects %j: %s', (value, message) => {
    expect(messagesOf(password(), value)).toEqual([message]);
  });
});

describe('email', () => {
  it.each(['jake@jake.jake', 'a+b@mail.example.com'])('accepts %s', (value) => {
    expect(messagesOf(email(), value)).toEqual([]);
  });

  it.each(['jake', 'jake@', '@jake.jake', 'jake@jake', 'a b@c.d', 'a@b@c.d'])('rejects %s', (value) => {
    expect(messagesOf(email(), value)).toEqual(['is invalid']);
  });

  it('rejects hidden characters', () => {
    expect(messagesOf(email(), 'ja\u200bke@jake.jake')).toEqual([
      'contains an invisible or unassigned character (U+200B)',
    ]);
  });

  it('has the messages of a text for a blank or long value', () => {
    expect(messagesOf(email(), '')).toEqual(["can't be blank"]);
    expect(messagesOf(email(), `${'a'.repeat(300)}@b.c`)).toEqual([
      'is too long (maximum is 254 characters)',
    ]);
  });
});

describe('name', () => {
  const messages = (value: string) => messagesOf(name({ max: 20 }), value);
  const hidden = (code: string) => [`contains an invisible or unassigned character (U+${code})`];
  const blanks = ["can't begin or end with a blank, nor have two in a row"];

  it.each(['jake', 'José García', '김철수', '😀', '...', '.a', 'a/b', '%2e', 'عمر', 'useŕ'])(
    'accepts %j',
    (value) => {
      expect(messages(value)).toEqual([]);
    },
  );

  it.each([
    ['', ["can't be blank"]],
    [' \u2003', ["can't be blank"]],
    ['.', ["can't be '.', which has another meaning in a URL"]],
    ['..', ["can't be '..', which has another meaning in a URL"]],
    [' a', blanks],
    ['a ', blanks],
    ['a  b', blanks],
    ['a\tb', hidden('0009')],
    ['a\u007f', hidden('007F')],
    ['a\u00a0b', hidden('00A0')],
    ['a\u2028b', hidden('2028')],
    ['a\u200bb', hidden('200B')],
    ['a\u00adb', hidden('00AD')],
    ['\u202eabc', hidden('202E')],
    ['a\u2066b', hidden('2066')],
    ['\u3164', hidden('3164')],
    ['\u2800', hidden('2800')],
    ['a\ufe0f', hidden('FE0F')],
    ['a\u{e0041}', hidden('E0041')],
    ['\ue000', hidden('E000')],
    ['\u0378', hidden('0378')],
    ['\ud800', [NOT_ALLOWED]],
  ])('rejects %j', (value, expected) => {
    expect(messages(value)).toEqual(expected);
  });
});

describe('a value in a URL', () => {
  it('is unchanged as a filter, and given once', () => {
    expect(filterText({ max: 4 }).parse('')).toBe('');
    expect(messagesOf(filterText({ max: 4 }), ['a', 'b'])).toEqual(['must be given once']);
    expect(messagesOf(filterText({ max: 4 }), 'a\0')).toEqual([NOT_ALLOWED]);
  });

  it('is a positive safe integer as an id', () => {
    expect(positiveId().parse('9007199254740991')).toBe(9007199254740991);
    for (const value of [
      '0',
      '-1',
      '1.5',
      '1e3',
      '0x10',
      ' 1',
      '',
      'abc',
      '9007199254740992',
      '9'.repeat(400),
    ])
      expect(messagesOf(positiveId(), value)).toEqual(['is invalid']);
  });

  it('has limits as a page', () => {
    expect(Page.parse({})).toEqual({ limit: 20, offset: 0 });
    expect(Page.parse({ limit: '100', offset: '2147483647' })).toEqual({ limit: 100, offset: 2147483647 });
    for (const limit of ['0', '101', '-5', '99999999999999999999'])
      expect(messagesOf(Page, { limit })).toEqual(['must be between 1 and 100']);
    for (const limit of ['abc', '', '1.5', '1e1', ' 5', '9'.repeat(400)])
      expect(messagesOf(Page, { limit })).toEqual(['must be a whole number']);
    expect(messagesOf(Page, { offset: '2147483648' })).toEqual(['must be between 0 and 2147483647']);
  });
});
