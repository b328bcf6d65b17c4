import { connect } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import type { Credential } from '../index.js';
import { openCallee, openCaller, SECRET, Watcher } from './apps.fixture.js';
import { privateCa } from '../../../../test/support/private-ca.js';

const hosts = privateCa();
const others = privateCa();
const tlsOf = (authority: typeof hosts, name = 'articles.internal') => ({
  ca: authority.ca,
  ...authority.issue(name),
  servername: name,
});

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function callee(credential: Credential, observer = new Watcher()) {
  const answering = await openCallee({ observer }, { credential, handshakeTimeout: 300 });
  open.push(answering.close);
  return answering.address;
}

async function outcome(address: string, credential: Credential) {
  const asking = await openCaller([address], { credential });
  open.push(asking.close);
  return asking.client.total().then(String, (error: { code: string }) => error.code);
}

it('certificates of one private CA let both sides know each other', async () => {
  expect(await outcome(await callee({ tls: tlsOf(hosts) }), { tls: tlsOf(hosts) })).toBe('0');
});

it('together with a secret, both are asked for', async () => {
  const address = await callee({ secret: SECRET, tls: tlsOf(hosts) });
  expect(await outcome(address, { secret: SECRET, tls: tlsOf(hosts) })).toBe('0');
  expect(await outcome(address, { secret: 'quite another secret', tls: tlsOf(hosts) })).toBe('unavailable');
});

it('a caller with a certificate of another CA gets nothing', async () => {
  const watcher = new Watcher();
  const address = await callee({ tls: tlsOf(hosts) }, watcher);
  const impostor = { ...tlsOf(others), ca: hosts.ca };
  expect(await outcome(address, { tls: impostor })).toBe('unavailable');
  expect(watcher.calls).toEqual([]);
});

it('a caller without a certificate gets nothing, not even the first frame', async () => {
  const address = await callee({ tls: tlsOf(hosts) });
  const [host, port] = address.split(':');
  let received = '';
  const socket = connect({ host, port: Number(port), ca: hosts.ca, servername: 'articles.internal' });
  socket.on('data', (data) => (received += data.toString())).on('error', () => undefined);
  await new Promise((resolve) => socket.once('close', resolve));
  expect(received).toBe('');
});

it('a caller that begins no TLS is not waited for', async () => {
  const address = await callee({ tls: tlsOf(hosts) });
  expect(await outcome(address, { secret: SECRET })).toBe('unavailable');
});

it('a callee with another certificate is given no call', async () => {
  const impostor = await callee({ tls: { ...tlsOf(others), ca: hosts.ca } });
  expect(await outcome(impostor, { tls: tlsOf(hosts) })).toBe('unavailable');
  const misnamed = await callee({ tls: tlsOf(hosts, 'comments.internal') });
  expect(await outcome(misnamed, { tls: tlsOf(hosts) })).toBe('unavailable');
});

it.each<[string, Credential, string]>([
  ['without a credential', {}, 'need a credential'],
  ['with a short secret', { secret: 'short' }, 'at least 16 characters'],
])('refuses to serve %s', async (_, credential, message) => {
  await expect(openCallee({}, { credential })).rejects.toThrow(message);
  await expect(openCaller(['127.0.0.1:1'], { credential })).rejects.toThrow(message);
});
