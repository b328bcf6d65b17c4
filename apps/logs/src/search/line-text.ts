import { levelName } from './options.js';

/** Fields that the text has elsewhere, or that help no reader. */
const LEFT_OUT = new Set([
  'process',
  'sequence',
  'service',
  'level',
  'time',
  'pid',
  'msg',
  'module',
  'context',
  'err',
]);

/** Returns a stored line for people: its time, level, host or module and message, then the other fields, then the stack of an error. */
export function lineText(line: string): string {
  const fields = JSON.parse(line) as Record<string, unknown>;
  const { time, level, service, module, context, msg, err } = fields;
  const rest = Object.entries(fields).filter(([name]) => !LEFT_OUT.has(name));
  const head = [
    typeof time === 'number' ? new Date(time).toISOString() : '-',
    levelName(Number(level)).toUpperCase().padEnd(5),
    [module ?? service, context].filter(Boolean).join('/'),
    plain(msg),
  ];
  const pairs = rest.map(([name, value]) => `${name}=${textOf(value)}`);
  const { stack } = (err ?? {}) as { stack?: string };
  return (
    [...head, ...pairs].map(plain).join(' ') + (stack ? `\n${stack.split('\n').map(plain).join('\n')}` : '')
  );
}

/** One line, without anything that would move a terminal's cursor. */
const plain = (value: unknown) => textOf(value).replaceAll(/\p{Cc}/gu, ' ');

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
