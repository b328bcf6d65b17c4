import { z } from 'zod';

/** Limits of a text, in characters as people count them (Unicode code points). */
export interface TextLimits {
  max: number;
  min?: number;
}

const BLANK = "can't be blank";
const REPEATED = 'must be given once';

/**
 * A required text of an HTTP body, taken as it is: never trimmed.
 * Messages: `can't be blank` (also for white space only), `must be a string`, `is too long (maximum is N characters)`,
 * `is too short (minimum is N characters)`, `contains characters that are not allowed` (NUL, half of a surrogate pair).
 */
export function text(limits: TextLimits) {
  return sized(limits, (value) => (value.trim() === '' ? BLANK : flawOf(value, limits)));
}

/** A text that may be absent, which leaves things as they are; where it is given, the same as {@link text}. */
export function optionalText(limits: TextLimits) {
  return text(limits).optional();
}

/** A text that may be null. An empty string becomes null; absence stays `undefined`. */
export function nullableText(limits: TextLimits) {
  return sized(limits, (value) => flawOf(value, limits))
    .nullable()
    .transform((value) => (value === '' ? null : value))
    .optional();
}

/** A secret, taken as it is: a legal length is all it needs, and white space counts. */
export function password(limits: TextLimits = { min: 8, max: 128 }) {
  return sized(limits, (value) => (value === '' ? BLANK : flawOf(value, limits)));
}

/** An e-mail address: something, an at sign, a domain with a dot. Message: `is invalid`. */
export function email(limits: TextLimits = { max: 254 }) {
  return sized(limits, (value) => {
    if (value.trim() === '') return BLANK;
    return flawOf(value, limits) ?? (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) ? undefined : 'is invalid');
  });
}

/** Text of a path segment or a query parameter: may be empty, is matched with stored text. */
export function filterText(limits: TextLimits) {
  return sized(limits, (value) => flawOf(value, limits), REPEATED);
}

/** A whole number from 1 to 2^53 - 1 in a path, as a number. Message: `is invalid`. */
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

/** A whole number of a query string. Messages: `must be a whole number`, `must be between … and …`. */
export function wholeNumber({ min, max, fallback }: { min: number; max: number; fallback: number }) {
  return z
    .string({ error: ({ input }) => (Array.isArray(input) ? REPEATED : 'must be a whole number') })
    .refine((value) => /^-?\d{1,20}$/.test(value), { error: 'must be a whole number', abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error: `must be between ${min} and ${max}` })
    .default(fallback)
    .meta({ type: 'integer', minimum: min, maximum: max });
}

/** Which part of a list to show: `limit` (1 to 100, default 20) and `offset` (0 to 2^31 - 1, default 0). */
export const Page = z.object({
  limit: wholeNumber({ min: 1, max: 100, fallback: 20 }),
  offset: wholeNumber({ min: 0, max: 2 ** 31 - 1, fallback: 0 }),
});
export type Page = z.infer<typeof Page>;

function sized(
  { min, max }: TextLimits,
  flaw: (value: string) => string | undefined,
  array = 'must be a string',
) {
  return z
    .string({
      error: ({ input }) => (input == null ? BLANK : Array.isArray(input) ? array : 'must be a string'),
    })
    .superRefine((value, context) => {
      const message = flaw(value);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta(min === undefined ? { maxLength: max } : { minLength: min, maxLength: max });
}

function flawOf(value: string, { min = 0, max }: TextLimits): string | undefined {
  if (!isShort(value, max)) return `is too long (maximum is ${max} characters)`;
  if (isShort(value, min - 1)) return `is too short (minimum is ${min} characters)`;
  if (value.includes('\0') || !value.isWellFormed()) return 'contains characters that are not allowed';
  return undefined;
}

/** Whether a text has at most `max` code points, of which each is one or two units of its length. */
function isShort(value: string, max: number): boolean {
  if (value.length <= max) return true;
  if (value.length > max * 2) return false;
  let points = 0;
  for (const _ of value) points += 1;
  return points <= max;
}
