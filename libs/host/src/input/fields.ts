import { z } from 'zod';

/** Limits of a text, in Unicode code points. */
export interface TextLimits {
  max: number;
  min?: number;
}

const BLANK = "can't be blank";
const REPEATED = 'must be given once';

/**
 * Returns the schema of a required text of an HTTP body, which is not trimmed.
 * Messages: `can't be blank` (also for white space only), `must be a string`, `is too long (maximum is N characters)`,
 * `is too short (minimum is N characters)`, `contains characters that are not allowed` (NUL, half of a surrogate pair).
 */
export function text(limits: TextLimits) {
  return sized(limits, (value) => (value.trim() === '' ? BLANK : problemOf(value, limits)));
}

/** Returns the schema of a text that may be absent; otherwise the same as {@link text}. */
export function optionalText(limits: TextLimits) {
  return text(limits).optional();
}

/** Returns the schema of a text that may be null. An empty string becomes null; an absent text stays `undefined`. */
export function nullableText(limits: TextLimits) {
  return sized(limits, (value) => problemOf(value, limits))
    .nullable()
    .transform((value) => (value === '' ? null : value))
    .optional();
}

/** Returns the schema of a password. Only the length is checked; white space counts. */
export function password(limits: TextLimits = { min: 8, max: 128 }) {
  return sized(limits, (value) => (value === '' ? BLANK : problemOf(value, limits)));
}

/**
 * Returns the schema of a text that identifies something to people and in URLs. Messages: those of {@link text}, and one for each
 * of: `.` and `..`, which URLs resolve; hidden characters, which make two names look the same; blanks at an end or in a row.
 */
export function name(limits: TextLimits) {
  return sized(limits, (value) => {
    if (value.trim() === '') return BLANK;
    return problemOf(value, limits) ?? hiddenCharacterOf(value) ?? problemOfName(value);
  });
}

/** Returns the schema of an e-mail address: a local part, an at sign, a domain with a dot. Message: `is invalid`. */
export function email(limits: TextLimits = { max: 254 }) {
  return sized(limits, (value) => {
    if (value.trim() === '') return BLANK;
    const problem = problemOf(value, limits) ?? hiddenCharacterOf(value);
    return problem ?? (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) ? undefined : 'is invalid');
  });
}

/** Returns the schema of a text in a path segment or a query parameter, to compare with stored text; it may be empty. */
export function filterText(limits: TextLimits) {
  return sized(limits, (value) => problemOf(value, limits), REPEATED);
}

/** Returns the schema of a whole number from 1 to 2^53 - 1 in a path. Message: `is invalid`. */
export function positiveId() {
  return z
    .string({ error: 'is invalid' })
    .refine(
      (value) => /^\d{1,16}$/.test(value) && Number(value) >= 1 && Number.isSafeInteger(Number(value)),
      {
        error: 'is invalid',
        abort: true,
      },
    )
    .transform(Number)
    .meta({ type: 'integer', minimum: 1 });
}

/** Returns the schema of a whole number in a query string. Messages: `must be a whole number`, `must be between … and …`. */
export function wholeNumber({ fallback, ...range }: Range & { fallback: number }) {
  return numberWithin(range).default(fallback).meta(metaOf(range));
}

/** Returns the schema of a whole number that may be absent; otherwise the same as {@link wholeNumber}. */
export function optionalWholeNumber(range: Range) {
  return numberWithin(range).optional().meta(metaOf(range));
}

interface Range {
  min: number;
  max: number;
}

const metaOf = ({ min, max }: Range) => ({ type: 'integer', minimum: min, maximum: max }) as const;

function numberWithin({ min, max }: Range) {
  return z
    .string({ error: ({ input }) => (Array.isArray(input) ? REPEATED : 'must be a whole number') })
    .refine((value) => /^-?\d{1,20}$/.test(value), { error: 'must be a whole number', abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error: `must be between ${min} and ${max}` });
}

/** The part of a list to return: `limit` (1 to 100, default 20) and `offset` (0 to 2^31 - 1, default 0). */
export const Page = z.object({
  limit: wholeNumber({ min: 1, max: 100, fallback: 20 }),
  offset: wholeNumber({ min: 0, max: 2 ** 31 - 1, fallback: 0 }),
});
export type Page = z.infer<typeof Page>;

function sized(
  { min, max }: TextLimits,
  problem: (value: string) => string | undefined,
  array = 'must be a string',
) {
  return z
    .string({
      error: ({ input }) => (input == null ? BLANK : Array.isArray(input) ? array : 'must be a string'),
    })
    .superRefine((value, context) => {
      const message = problem(value);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta(min === undefined ? { maxLength: max } : { minLength: min, maxLength: max });
}

function problemOf(value: string, { min = 0, max }: TextLimits): string | undefined {
  if (!isShort(value, max)) return `is too long (maximum is ${max} characters)`;
  if (isShort(value, min - 1)) return `is too short (minimum is ${min} characters)`;
  if (value.includes('\0') || !value.isWellFormed()) return 'contains characters that are not allowed';
  return undefined;
}

/**
 * Characters that are invisible, change the direction of what follows, look like a blank, or have no meaning yet, so that their
 * case is unknown. U+2800 is a blank that Unicode counts as a symbol.
 */
const HIDDEN = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u{2800}]/u;

function hiddenCharacterOf(value: string): string | undefined {
  const [character] = HIDDEN.exec(value) ?? [];
  if (character === undefined) return undefined;
  const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  return `contains an invisible or unassigned character (U+${code})`;
}

function problemOfName(value: string): string | undefined {
  if (value === '.' || value === '..') return `can't be '${value}', which has another meaning in a URL`;
  return /^ | {2}| $/.test(value) ? "can't begin or end with a blank, nor have two in a row" : undefined;
}

/** Returns whether a text has at most `max` code points, each one or two UTF-16 code units. */
function isShort(value: string, max: number): boolean {
  if (value.length <= max) return true;
  if (value.length > max * 2) return false;
  let points = 0;
  for (const _ of value) points += 1;
  return points <= max;
}
