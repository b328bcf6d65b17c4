import { z } from 'zod';
import { urlMistake, type UrlRules } from './url-mistake.js';

/** Returns the name of a module's setting: `ARTICLES_DATABASE_URL` for `articles` and `DATABASE_URL`. */
export const moduleVariable = (module: string, name: string) =>
  `${module.toUpperCase().replaceAll('-', '_')}_${name}`;

/** A whole number, of at most twelve digits. */
export const numberSetting = (min: number, max: number) => {
  const error = `expected a number from ${min} to ${max}`;
  return z
    .string({ error })
    .regex(/^\d{1,12}$/, { error, abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error });
};

/** One of a few words. */
export const oneOfSetting = <const V extends readonly string[]>(...values: V) =>
  z.enum(values, { error: `expected one of ${values.join(', ')}` });

/** Returns a schema of text whose message is what `mistakeIn` returns; undefined for right text. */
export const checkedSetting = (mistakeIn: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = mistakeIn(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** A URL. The message says what is wrong with it, without quoting it. */
export const urlSetting = (rules: UrlRules) => checkedSetting((text) => urlMistake(text, rules));

/** The name of a host, or an IP address. */
export const hostSetting = () =>
  z
    .string()
    .regex(/^(?![.-])([\w.-]+|[\da-f:.]+)$/i, { error: 'expected the name or the address of a host' });

/** Printable ASCII without blanks, as the keys of services are. */
export const keySetting = () =>
  z.string().regex(/^[\u0021-\u007E]+$/, { error: 'expected letters, digits and signs without a blank' });

/** A path of the file system, as the program gets it: no shell expands it. */
export const pathSetting = () =>
  checkedSetting((path) => {
    const mistake = mistakeInPath(path);
    return mistake && `expected a path; ${mistake}`;
  });

function mistakeInPath(path: string): string | undefined {
  if (path !== path.trim()) return 'it begins or ends with a blank; remove the blank';
  if (/^["'`]|["'`]$/.test(path)) return 'it begins or ends with a quote; remove the quotes';
  if (/\p{Cc}/u.test(path)) return 'it contains a control character';
  if (/^~|^\$|^%\w+%/.test(path)) return 'no shell expands it; write the whole path';
  return /^[a-z]+:\/\//i.test(path) ? 'it is a URL' : undefined;
}
