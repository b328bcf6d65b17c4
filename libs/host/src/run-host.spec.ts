import { contract } from '@tearline/seam';
import { type AddressInfo, createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { sampleModule } from './fixtures/sample-module.fixture.js';
import { readSettings } from '@tearline/settings';
import { hostSettings, runHost, type RunOptions } from './index.js';

function options(env: Record<string, string> = {}): RunOptions & { lines: string[]; closed: number } {
  const lines: string[] = [];
  const settings = readSettings(hostSettings, { NODE_ENV: 'test', PORT: '0', ...env });
  const all = {
    modules: [sampleModule],
    settings,
    lines,
    closed: 0,
    log: { write: (text: string) => void lines.push(text) },
    onClosed: async () => {
      all.closed += 1;
    },
  };
  return all;
}

describe('runHost', () => {
  it('refuses a route that no manifest declares, unless in production', async () => {
    const modules = [{ ...sampleModule, routes: ['/api/samples'] }];
    const run = options();
    await expect(runHost({ ...run, modules })).rejects.toThrow(
      /^routes that no manifest declares: .*\/api\/samples\/name\/:name.*; add them to the module's manifest$/,
    );
    expect(run.closed).toBe(1);
    const { close } = await runHost({ ...options({ NODE_ENV: 'production', HOST: '127.0.0.1' }), modules });
    await close();
  });

  it('listens, logs the address, and removes its signal handlers when it closes', async () => {
    const listeners = () =>
      ['SIGTERM', 'SIGINT', 'SIGHUP', 'uncaughtException'].map((name) => process.listenerCount(name));
    const before = listeners();
    const run = options();
    const { url, close } = await runHost(run);
    expect(run.lines.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({ msg: 'listening', url, modules: ['samples'] }),
    );
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(await Promise.all([close(), close()])).toEqual([true, true]);
    expect(run.closed).toBe(1);
    expect(listeners()).toEqual(before);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('names a port that is in use, and closes', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const run = options({ PORT: String(port) });
    await expect(runHost(run)).rejects.toThrow(`port ${port} of 127.0.0.1 is in use`);
    expect(run.closed).toBe(1);
    other.close();
  });

  it('does not start when a required contract has no handler, and names it', async () => {
    const run = options();
    run.modules = [{ ...sampleModule, uses: [contract('prices', {})] }];
    await expect(runHost(run)).rejects.toThrow("'samples' uses 'prices'");
    expect(run.closed).toBe(1);
  });
});
