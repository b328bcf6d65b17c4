import { runScript } from '@tearline/process';
import { describe, expect, it } from 'vitest';
import { composeCommand, type Request } from './command.js';

async function parse(line: string) {
  const requests: Request[] = [];
  const written: string[] = [];
  const write = (text: string) => void written.push(text);
  const command = composeCommand(async (request) => void requests.push(request), {
    print: write,
    note: write,
  });
  const code = await runScript(command, line.split(' ').filter(Boolean));
  return { code, request: requests[0], written: written.join('\n') };
}

describe('the command line', () => {
  it.each([
    ['media up', { command: 'up', topology: 'media', volumes: false, rest: [] }],
    ['--alone articles up', { command: 'up', topology: { alone: 'articles' } }],
    ['media up --cdn', { command: 'up', profiles: { cdn: true, ha: false } }],
    ['media up --ha', { command: 'up', profiles: { cdn: false, ha: true } }],
    ['media down --volumes --project mine', { command: 'down', volumes: true, project: 'mine' }],
    ['media scale app=2 media=3', { command: 'scale', rest: ['app=2', 'media=3'] }],
    ['media e2e -- --reporter=dot -t feed', { command: 'e2e', rest: ['--reporter=dot', '-t', 'feed'] }],
    ['--alone polls generate', { command: 'generate', topology: { alone: 'polls' } }],
  ])('accepts %s', async (line, request) => {
    expect(await parse(line)).toMatchObject({ code: 0, request, written: '' });
  });

  it('prints its help', async () => {
    const { code, request, written } = await parse('media up --help');
    expect({ code, request }).toEqual({ code: 0, request: undefined });
    expect(written).toMatch(/^Usage: npm run compose -- \[options\] <topology/);
    expect(written).toContain('  generate  ');
  });

  it.each([
    ['', 'expected a topology and a command'],
    ['media', "expected a command of up, down, e2e, scale, generate, got ''"],
    ['media start', "expected a command of up, down, e2e, scale, generate, got 'start'"],
    ['media scale', 'scale: expected <host>=<count>'],
    ['media up --replicas 2', "unknown option '--replicas'"],
  ])('refuses %j', async (line, message) => {
    expect(await parse(line)).toEqual({ code: 2, written: expect.stringContaining(message) });
  });
});
