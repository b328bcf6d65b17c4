import { readFileSync } from 'node:fs';
import { z } from 'zod';

const MAX_SHOWN = 200;

/** The problems of an environment: one line for each variable. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly problems: readonly string[]) {
    super(`invalid settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    // The mistake is in the environment: a stack would lead to no line of it.
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads settings from environment variables. An empty variable counts as absent. Instead of each, `<NAME>_FILE` may name
 * a file with the value, as containers get secrets; a final line break in the file does not count.
 * @param shape one zod schema for each variable, by name; its messages say what is expected
 * @throws SettingsError that names every wrong variable, the expected value and the actual one, unless it is a secret
 * @example const settings = readSettings({ ...hostSettings, DATABASE_URL: z.url().optional() });
 */
export function readSettings<S extends z.ZodRawShape>(
  shape: S,
  env: Environment = process.env,
): z.output<z.ZodObject<S>> {
  const problems: string[] = [];
  const given = Object.fromEntries(
    Object.keys(shape).map((name) => [name, env[name] || fromFile(name, env, problems)]),
  );
  const result = z.object(shape).safeParse(given);
  if (result.success && problems.length === 0) return result.data;
  const unreadable = problems.map((problem) => problem.slice(0, problem.indexOf('_FILE:')));
  for (const { path, message } of result.error?.issues ?? []) {
    const [name, ...within] = path.map(String) as [string, ...string[]];
    if (unreadable.includes(name)) continue;
    const isSecret = (shape[name] as z.ZodType).meta()?.['secret'] === true;
    const where = within.length > 0 ? `${within.join('.')}: ` : '';
    problems.push(`${name}: ${where}${message}${actual(given[name], isSecret)}`);
  }
  throw new SettingsError([...new Set(problems)]);
}

/**
 * Checks the settings of a shape that have a value, before anything is started that takes long or leaves something behind.
 * @throws SettingsError as {@link readSettings} does
 */
export function checkSettings(shape: z.ZodRawShape, env: Environment): void {
  readSettings(Object.fromEntries(Object.entries(shape).filter(([name]) => isSet(name, env))), env);
}

/** Returns the value that an environment gives a setting, as text. Empty where it gives none. */
export const givenText = (name: string, env: Environment): string =>
  env[name] || fromFile(name, env, []) || '';

/** Whether a setting has a value, or `<NAME>_FILE` names a file for it. */
export const isSet = (name: string, env: Environment) => Boolean(env[name] || env[`${name}_FILE`]);

function fromFile(name: string, env: Environment, problems: string[]): string | undefined {
  const file = env[`${name}_FILE`];
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined;
  } catch (error) {
    problems.push(`${name}_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
    return undefined;
  }
}

function actual(value: string | undefined, isSecret: boolean): string {
  if (value === undefined) return ', but it is not set';
  if (isSecret) return '';
  // A URL may hold a password in a variable that should hold none.
  const shown = value.replaceAll(/(?<=:\/\/)[^/]*@/g, '***@').replaceAll(/\p{Cc}/gu, '\uFFFD');
  return `, got '${shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown}'`;
}
