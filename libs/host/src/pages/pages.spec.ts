import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestHost, startTestHost } from '../fixtures/test-host.fixture.js';
import { sampleModule } from '../fixtures/sample-module.fixture.js';
import { sendRaw } from '../fixtures/raw-http.fixture.js';

let host: TestHost;
beforeAll(async () => {
  const guide = fileURLToPath(new URL('../../../..', import.meta.url));
  host = await startTestHost(
    {},
    { about: { version: '1.2.3', manifests: [sampleModule], hosts: [], guide } },
  );
});
afterAll(() => host.app.close());

describe('the landing page', () => {
  it('links the pages that this host serves, with the address that the browser used', async () => {
    const response = await fetch(host.url);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await response.text();
    for (const path of ['/docs', '/docs-json', '/health', '/metrics', '/guide']) {
      expect(page).toContain(`href="${path}"`);
      expect((await fetch(host.url + path)).status).toBe(200);
    }
    expect(page).not.toContain('href="/queues"');
    expect(page).toContain(`curl ${host.url}/api/articles`);
    expect(page).toContain('samples');
    expect(page).toContain('1.2.3');
  });

  it('escapes the Host header', async () => {
    const request = 'GET / HTTP/1.1\r\nHost: "><script>alert(1)</script>\r\nConnection: close\r\n\r\n';
    expect(await sendRaw(host.port, request)).not.toContain('<script>');
  });

  it('links no metrics where a proxy is in front', async () => {
    const proxied = await startTestHost({ TRUST_PROXY: '1' });
    expect(await (await fetch(proxied.url)).text()).not.toContain('href="/metrics"');
    await proxied.app.close();
  });

  it.each([
    [0, false],
    [1, true],
  ])('with %i articles, hides the hint at npm run seed: %s', async (articlesCount, hidden) => {
    const hint = { hidden: true };
    const asked: string[] = [];
    runInNewContext(await (await fetch(`${host.url}/landing.js`)).text(), {
      document: { getElementById: (id: string) => (id === 'seed' ? hint : null) },
      setInterval: () => undefined,
      fetch: async (url: string) => {
        asked.push(url);
        return { json: async () => ({ articles: [], articlesCount }) };
      },
    });
    await expect.poll(() => asked).toEqual(['/api/articles?limit=1']);
    expect(hint.hidden).toBe(hidden);
    expect(await (await fetch(host.url)).text()).toContain('id="seed" hidden');
  });

  it('says nothing of npm run seed in production, where it refuses to run', async () => {
    const production = await startTestHost({ NODE_ENV: 'production' });
    expect(await (await fetch(production.url)).text()).not.toContain('npm run seed');
    await production.app.close();
  });
});

describe('the picture of the topology', () => {
  it('is replaced every two seconds, and marked when the application does not answer', async () => {
    const [shown, fresh] = [pictureOf('shown'), pictureOf('fresh')];
    let update!: () => Promise<void>;
    let answer = async () => ({ text: async () => '<main>…</main>' });
    runInNewContext(await (await fetch(`${host.url}/landing.js`)).text(), {
      document: { hidden: false, getElementById: (id: string) => (id === 'topology' ? shown : null) },
      DOMParser: class {
        parseFromString = () => ({ getElementById: () => fresh });
      },
      setInterval: (run: () => Promise<void>, interval: number) => interval === 2_000 && (update = run),
      fetch: () => answer(),
    });
    await update();
    expect(shown.replacedBy).toBe(fresh);
    answer = () => Promise.reject(new TypeError('Failed to fetch'));
    await update();
    expect(shown.classes).toEqual(['stale']);
  });

  it('has every host with its modules, calls and health', async () => {
    const other = await startTestHost(
      {},
      { readiness: () => ({ database: () => Promise.reject(new Error()) }) },
    );
    const front = await startTestHost(
      {},
      {
        about: {
          version: '1.2.3',
          manifests: [sampleModule, { ...sampleModule, name: 'games', uses: [sampleModule.contract!] }],
          hosts: [
            {
              name: 'app',
              modules: ['samples'],
              serve: ['http', 'rpc', 'jobs'],
              urls: [host.url, other.url],
            },
            { name: 'play', modules: ['games'], serve: ['http'], urls: ['http://127.0.0.1:1'] },
          ],
        },
      },
    );
    const page = await (await fetch(front.url)).text();
    expect(page).toMatch(/<b>app<[^]*1 of 2 replicas ready[^]*<b>samples</);
    expect(page).toMatch(
      /<b>play<[^]*serves http<[^]*no answer[^]*<b>games<[^]*calls <span class="remote">samples</,
    );
    await Promise.all([front.app.close(), other.app.close()]);
  });

  it('asks each replica once a second, however many look', async () => {
    let probes = 0;
    const other = await startTestHost({}, { readiness: () => ({ count: async () => void (probes += 1) }) });
    const hosts = [{ name: 'app', modules: ['samples'], serve: ['http'], urls: [other.url] }];
    const front = await startTestHost({}, { about: { version: '1', manifests: [sampleModule], hosts } });
    const responses = await Promise.all(Array.from({ length: 30 }, () => fetch(front.url)));
    expect(responses.every(({ ok }) => ok)).toBe(true);
    expect(probes).toBeLessThanOrEqual(2);
    await Promise.all([front.app.close(), other.app.close()]);
  });
});

describe('the guide', () => {
  it('shows Markdown, with the anchors of its headings', async () => {
    const page = await fetch(`${host.url}/guide`);
    expect(page.url).toBe(`${host.url}/guide/docs/guide/README.md`);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
    const topologies = await (await fetch(`${host.url}/guide/docs/guide/topologies.md`)).text();
    expect(topologies).toContain('<h2 id="tearing-a-module-off">');
    expect(await (await fetch(`${host.url}/guide/README.md`)).text()).toContain(
      '<img src="docs/images/topologies.svg"',
    );
    const picture = await fetch(`${host.url}/guide/docs/images/topologies.svg`);
    expect(picture.headers.get('content-type')).toBe('image/svg+xml');
  });

  it.each([
    '../package.json',
    'docs/../package.md',
    'docs%2f..%2f..%2fetc%2fpasswd',
    'package.json',
    'node_modules/marked/README.md',
    'docs/guide/nothing.md',
  ])('has no page %s', async (path) => {
    const answer = await sendRaw(
      host.port,
      `GET /guide/${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toContain('HTTP/1.1 404');
  });
});

describe('the documentation', () => {
  it('is generated from the code', async () => {
    const document = (await (await fetch(`${host.url}/docs-json`)).json()) as {
      info: { version: string };
      paths: Record<string, Record<string, object>>;
      components: { securitySchemes: object };
    };
    expect(document.info.version).toBe('1.2.3');
    expect(document.paths['/api/samples']).toMatchObject({
      get: {
        parameters: [
          { name: 'limit', in: 'query', required: false, schema: { type: 'integer', maximum: 100 } },
          {},
        ],
      },
      post: {
        requestBody: {
          content: {
            'application/json': {
              schema: {
                properties: {
                  sample: { required: ['name'], properties: { name: { minLength: 2, maxLength: 10 } } },
                },
              },
            },
          },
        },
      },
    });
    expect(Object.keys(document.paths).every((path) => path.startsWith('/api/'))).toBe(true);
    expect(document.components.securitySchemes).toHaveProperty('Token');
  });

  it('loads all assets from this host, as its content security policy requires', async () => {
    const page = await fetch(`${host.url}/docs`);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
    const html = await page.text();
    const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
    expect(assets.length).toBeGreaterThan(3);
    for (const path of assets) {
      const { status, url } = await fetch(new URL(path, `${host.url}/docs`));
      expect([status, new URL(url).origin]).toEqual([200, host.url]);
    }
    // Inline code would need more than the policy allows.
    expect(html).not.toMatch(/<script(?![^>]*src=)[^>]*>\s*\S/);
  });
});

describe('every response', () => {
  it('has security headers', async () => {
    for (const path of ['/api/samples', '/nowhere', '/api/samples/bug']) {
      const { headers } = await fetch(host.url + path);
      expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('strict-transport-security')).toContain('max-age=');
    }
  });
});

/** An element of a page, as far as the script of the landing page uses it. */
function pictureOf(name: string) {
  const classes: string[] = [];
  const element = {
    name,
    classes,
    replacedBy: undefined as object | undefined,
    classList: { add: (added: string) => classes.push(added) },
    replaceWith: (other: object) => void (element.replacedBy = other),
  };
  return element;
}
