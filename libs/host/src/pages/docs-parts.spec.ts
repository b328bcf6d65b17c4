import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type TestHost, startTestHost } from '../fixtures/test-host.fixture.js';

interface Description {
  info: { description: string };
  paths: Record<string, unknown>;
  components: { schemas: Record<string, unknown> };
}

let host: TestHost;
const others: Server[] = [];
afterEach(async () => {
  await host.app.close();
  for (const other of others.splice(0)) other.close();
});

/** Starts another host with this document at `/docs-json`. */
async function other(description: unknown): Promise<string> {
  const server = createServer((_request, response) => response.end(JSON.stringify(description)));
  others.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A host that knows of other hosts at these addresses. */
function hostKnowing(urls: string[]): Promise<TestHost> {
  const hosts = urls.map((url, place) => ({
    name: `other-${place}`,
    modules: [`other-${place}`],
    serve: ['http'],
    urls: [url],
  }));
  return startTestHost({}, { about: { version: '1.2.3', manifests: [], hosts } });
}

async function describedWith(urls: string[]): Promise<Description> {
  host = await hostKnowing(urls);
  return (await fetch(`${host.url}/docs-json`)).json() as Promise<Description>;
}

const part = { paths: { '/api/games': { get: {} } }, components: { schemas: { Game: { type: 'object' } } } };

describe('the OpenAPI document of an API that several hosts serve', () => {
  it('is merged from its parts', async () => {
    const whole = await describedWith([await other(part), await other({ paths: { '/api/puzzles': {} } })]);
    expect(Object.keys(whole.paths)).toEqual(
      expect.arrayContaining(['/api/samples', '/api/games', '/api/puzzles']),
    );
    expect(whole.components.schemas).toHaveProperty('Game');
    expect(whole.info.description).not.toContain('Incomplete');
  });

  it('states that a part is missing', async () => {
    const whole = await describedWith([await other(part), 'http://127.0.0.1:1']);
    expect(Object.keys(whole.paths)).toEqual(expect.arrayContaining(['/api/samples', '/api/games']));
    expect(whole.info.description).toContain('Incomplete');
  });

  it('is merged for the page too', async () => {
    host = await hostKnowing([await other(part)]);
    expect(await (await fetch(`${host.url}/docs/swagger-ui-init.js`)).text()).toContain('/api/games');
  });
});
