import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openCallee, Watcher } from '../../libs/seam/src/placement/apps.fixture.js';
import { ProbeContract } from '../../libs/seam/src/placement/probe-contract.fixture.js';
import {
  type ExposedOptions,
  peerSpecs,
} from '../../libs/seam/src/placement/unauthenticated-peers.fixture.js';
import { locatePython, pythonCallee, pythonCaller } from './python.js';

beforeAll(locatePython);

const open = ({ handshakeTimeout, messageTimeout, deployment }: ExposedOptions) =>
  pythonCallee(ProbeContract, {
    ...(handshakeTimeout && { handshake_timeout: handshakeTimeout / 1000 }),
    ...(messageTimeout && { message_timeout: messageTimeout / 1000 }),
    ...(deployment && { deployment }),
  });

peerSpecs({
  name: 'a server in Python',
  open: async (options) => {
    const callee = await open(options);
    return { ...callee, close: () => callee.end() };
  },
  openAlone: async (options) => {
    const callee = await open(options);
    const status = () => readFileSync(`/proc/${callee.child.pid}/status`, 'utf8');
    const residentMiB = async () => Number(/VmRSS:\s+(\d+)/.exec(status())![1]) / 1024;
    return { ...callee, residentMiB, close: () => callee.end() };
  },
});

describe('a client in Python', () => {
  it('sends no call to a server with another secret', async () => {
    const watcher = new Watcher();
    const server = await openCallee({ observer: watcher });
    const caller = await pythonCaller(ProbeContract, [server.address], {
      RPC_SECRET: 'another secret than theirs',
    });
    expect(await caller.call('probe.total')).toMatchObject({ code: 'unavailable' });
    expect(watcher.calls).toEqual([]);
    await caller.end();
    await server.close();
  });

  it('calls over the connections that it has, and again when the server is back', async () => {
    let callee = await pythonCallee(ProbeContract);
    const caller = await pythonCaller(ProbeContract, [callee.address]);
    expect(await caller.call('probe.add', { amount: 2 })).toMatchObject({ result: { total: 2 } });
    const port = Number(callee.address.split(':')[1]);
    await callee.end();
    expect(await caller.call('probe.total')).toMatchObject({ code: 'unavailable', retryable: true });
    callee = await pythonCallee(ProbeContract, { port });
    await expect.poll(() => caller.call('probe.total')).toMatchObject({ result: 0 });
    await caller.end();
    await callee.end();
  });
});
