import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SettingsError } from './settings-error.js';

const CONFIDENTIAL = /PASSWORD|SECRET|KEY|JWK|URL|TOKEN/i;

/**
 * Reads settings from environment variables. An empty variable counts as absent. In place of each, `<NAME>_FILE` may name
 * a file that holds the value, as secrets are handed to containers; a line end at the file's end does not count.
 * @param shape one zod schema for each variable, under the variable's name; its messages say what is expected
 * @throws SettingsError that names every wrong variable, what is expected and what was given; never the value of a
 *   variable whose name says that it is confidential
 * @example const settings = readSettings({ ...hostSettings, DATABASE_URL: z.url().optional() }, process.env);
 */
export function readSettings<S extends z.ZodRawShape>(
  shape: S,
  env: Readonly<Record<string, string | undefined>>,
): z.output<z.ZodObject<S>> {
  const problems: string[] = [];
  const given = Object.fromEntries(
    Object.keys(shape).map((name) => [name, env[name] || fromFile(name, env, problems)]),
  );
  if (problems.length > 0) throw new SettingsError(problems);
  const result = z.object(shape).safeParse(given);
  if (result.success) return result.data;
  const mistakes = result.error.issues.map(({ path: [name], message }) =>
    problemOf(String(name), message, given[String(name)]),
  );
  throw new SettingsError([...new Set(mistakes)]);
}

function fromFile(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): string | undefined {
  const file = env[`${name}_FILE`];
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined;
  } catch (error) {
    problems.push(`${name}_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
    return undefined;
  }
}

function problemOf(name: string, message: string, value: string | undefined): string {
  if (value === undefined) return `${name} is missing: ${message}`;
  return CONFIDENTIAL.test(name)
    ? `${name}: ${message}`
    : `${name}: ${message}, but is ${JSON.stringify(value)}`;
}
