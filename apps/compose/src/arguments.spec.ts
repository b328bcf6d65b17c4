import { UsageError } from '@tearline/process';
import { describe, expect, it } from 'vitest';
import { requestFrom } from './arguments.js';

const ask = (line: string) => requestFrom(line.split(' ').filter(Boolean));

describe('the command line', () => {
  it.each([
    ['media up', { command: 'up', topology: 'media', volumes: false, rest: [] }],
    ['--alone articles up', { command: 'up', topology: { alone: 'articles' } }],
    ['media down --volumes --project mine', { command: 'down', volumes: true, project: 'mine' }],
    ['media scale app=2 media=3', { command: 'scale', rest: ['app=2', 'media=3'] }],
    ['media e2e -- --reporter=dot -t feed', { command: 'e2e', rest: ['--reporter=dot', '-t', 'feed'] }],
    ['generate', { command: 'generate' }],
    ['media up --help', { command: 'help' }],
  ])('understands %s', (line, request) => {
    expect(ask(line)).toMatchObject(request);
  });

  it.each([
    ['', 'which topology?'],
    ['media', "'' is no command"],
    ['media start', "'start' is no command; up, down, e2e and scale are"],
    ['media scale', 'scale what?'],
    ['media up --replicas 2', "Unknown option '--replicas'"],
  ])('says what is wrong with %j', (line, message) => {
    expect(() => ask(line)).toThrow(UsageError);
    expect(() => ask(line)).toThrow(message);
  });
});
