import { Logger, type LoggerService } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { openApp, openCallee, openCaller, SECRET, Watcher } from './placement/apps.fixture.js';
import { type Probe, ProbeContract } from './placement/probe-contract.fixture.js';
import { ProbeModule } from './placement/probe-service.fixture.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  Logger.overrideLogger(false);
});

/** What Nest's Logger is given from now on. */
function logged(): string[] {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (...parts: unknown[]) =>
      void lines.push([level, ...parts].join(' '));
  const logger: LoggerService = { log: write('log'), warn: write('warn'), error: write('error') };
  Logger.overrideLogger(logger);
  return lines;
}

async function local(observer?: Partial<Watcher>): Promise<Probe> {
  const app = await openApp({ local: [ProbeContract], ...(observer && { observer }) }, ProbeModule);
  closing.push(() => app.close());
  return app.get<Probe>(ProbeContract.token);
}

async function remote(): Promise<Probe> {
  const callee = await openCallee();
  const caller = await openCaller([callee.address]);
  closing.push(callee.close, caller.close);
  return caller.client;
}

describe.each([
  ['local', () => local()],
  ['remote', remote],
])('without an observer, %s', (_, open) => {
  it('Nest logs an unexpected error once, with method, request and stack', async () => {
    const probe = await open();
    const lines = logged();
    await expect(probe.fail({ how: 'unexpected' })).rejects.toMatchObject({ code: 'internal' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^error probe\.fail: the disk is on fire \(request [0-9a-f-]{36}\)/);
    expect(lines[0]).toContain('at ProbeService.fail');
  });

  it('Nest logs no declared error', async () => {
    const probe = await open();
    const lines = logged();
    await expect(probe.fail({ how: 'declared' })).rejects.toMatchObject({ code: 'probe/broken' });
    expect(lines).toEqual([]);
  });
});

it('an observer that takes unexpected errors keeps them from Nest’s Logger', async () => {
  const observer = new Watcher();
  const probe = await local(observer);
  const lines = logged();
  await expect(probe.fail({ how: 'unexpected' })).rejects.toMatchObject({ code: 'internal' });
  expect([lines, observer.errors]).toEqual([[], ['probe.fail: the disk is on fire']]);
});

it('an observer that only counts calls leaves errors to Nest’s Logger', async () => {
  const calls: string[] = [];
  const probe = await local({ callRecorder: () => (outcome) => void calls.push(outcome) });
  const lines = logged();
  await expect(probe.fail({ how: 'unexpected' })).rejects.toMatchObject({ code: 'internal' });
  expect([lines.length, calls]).toEqual([1, ['internal']]);
});

it('Nest logs a peer with a wrong secret, and an address that is ejected', async () => {
  const callee = await openCallee();
  const lines = logged();
  const caller = await openCaller([callee.address], { credential: { secret: `not ${SECRET}` } });
  // The creation of an app has silenced the logger again.
  const later = logged();
  closing.push(callee.close, caller.close);
  await expect(caller.client.total()).rejects.toMatchObject({ code: 'unavailable' });
  const all = () => [...lines, ...later].join('\n');
  await expect.poll(all).toMatch(/warn a connection of .* was refused: a wrong credential/);
  await expect.poll(all).toContain(`warn ${callee.address} gets no more calls: `);
});
