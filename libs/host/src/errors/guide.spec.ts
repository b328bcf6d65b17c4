import { globSync, readFileSync } from 'node:fs';
import { SeamError } from '@tearline/seam';
import { expect, it } from 'vitest';
import { kinds } from '../input/validation-messages.fixture.js';
import { RESPONSES } from './client-error.js';
import { FRAMEWORK, type HttpError, toHttpError } from './http-error.js';

const guide = readFileSync('docs/guide/errors.md', 'utf8');
const sources = globSync('libs/{*,modules/*}/src/**/*.ts', {
  exclude: (file) => /\.(spec|fixture)\.ts$|^libs\/seam\//.test(file),
}).map((file) => readFileSync(file, 'utf8'));
const text = sources.join('\n');
const all = (source: string, pattern: RegExp) => [...source.matchAll(pattern)].map((match) => match.slice(1));

/** Codes that the code composes, by their template. */
const composed: Readonly<Record<string, () => string[]>> = {
  '${field}/taken': () => ['username/taken', 'email/taken'],
  '${resource}/too-many': () =>
    all(text, /(?:tooMany|limiter\.run)\(\s*'([a-z-]+)'/g).map(([resource]) => `${resource}/too-many`),
};

function codes(): string[] {
  const literal = all(text, /new SeamError\(\s*'([^']+)'/g).map(([code]) => code!);
  const templates = all(text, /new SeamError\(\s*`([^`]+)`/g).map(([template]) => template!);
  expect(templates.filter((template) => !(template in composed))).toEqual([]);
  return [...literal, ...templates.flatMap((template) => composed[template]!())];
}

/** Values that the code inserts are written as N. */
const normalized = (message: string) => message.replaceAll(/\$\{[^}]*\}|(?<=in )\d+(?= seconds)/g, 'N');
const rowOf = (status: number, subject: string, message: string) =>
  `${status} \`${subject}: ${normalized(message)}\``;
const rowsOf = ({ status, body }: HttpError) =>
  Object.entries(body.errors).flatMap(([subject, messages]) =>
    messages.map((message) => rowOf(status, subject, message)),
  );

it('the guide has every error of the code, with its status', () => {
  const expected = [
    ...codes().flatMap((code) => rowsOf(toHttpError(new SeamError(code)))),
    ...['invalid-input', 'internal', 'incompatible'].flatMap((code) =>
      rowsOf(toHttpError(new SeamError(code))),
    ),
    ...Object.values(FRAMEWORK).flatMap(rowsOf),
    ...Object.values(RESPONSES).map(([status, message]) => rowOf(status, 'request', message)),
    rowOf(400, 'request', 'is not valid HTTP'),
    rowOf(404, 'route', 'not found'),
    rowOf(405, 'request', 'method not allowed'),
    rowOf(417, 'request', 'expects something other than 100-continue'),
    ...all(text, /new UploadError\((\d+), '(\w+)', (?:'([^']+)'|"([^"]+)"|`([^`]+)`)\)/g).map(
      ([status, subject, ...message]) => rowOf(Number(status), subject!, message.join('')),
    ),
  ];
  const described = all(guide, /^\| (\d{3}) +\| (`[^`]+`)/gm).map((cells) => cells.join(' '));
  expect(described.toSorted()).toEqual([...new Set(expected)].toSorted());
});

it('the guide has every message about a field', () => {
  const fields = readFileSync('libs/host/src/input/fields.ts', 'utf8');
  const schemas = globSync('libs/modules/*/src/**/*.schemas.ts').map((file) => readFileSync(file, 'utf8'));
  const own = all(schemas.join('\n'), /(?:\b(?:error|message):|Error =) '([^']+)'/g);
  const literals = all(fields, /(?:'|")((?:can't|is|must|contains|has) [^"`]*?)(?:'|")[,;)\s]/g);
  const templates = all(fields, /`((?:is|must) [^`…]*)`/g);
  const expected = [...literals, ...templates, ...own, ...kinds.map(([, message]) => [message])].map(
    ([message]) =>
      normalized(message!)
        .replaceAll(/\d+/g, 'N')
        .replaceAll(/character(?!s)|item(?!s)|byte(?!s)/g, '$&s')
        .replace(/fields: .*/, 'fields: …')
        .replace(/^must be (a|a, b or N)$/, 'must be …')
        .replace(/than N-.*/, 'than …'),
  );
  const described = all(guide, /^- `([^`]+)`/gm).map(([message]) => message!);
  expect(described.toSorted()).toEqual([...new Set(expected)].toSorted());
});
