import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestHost, startTestHost } from '../fixtures/test-host.fixture.js';
import { sendRaw } from '../fixtures/raw-http.fixture.js';

let host: TestHost;
beforeAll(async () => {
  host = await startTestHost();
});
afterAll(() => host.app.close());

describe('the landing page', () => {
  it('links the other pages, with the address that the browser used', async () => {
    const response = await fetch(host.url);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await response.text();
    for (const path of ['/docs', '/docs-json', '/health/ready', '/metrics']) {
      expect(page).toContain(`href="${path}"`);
      expect((await fetch(host.url + path)).status).toBe(200);
    }
    expect(page).toContain(`curl ${host.url}/api/articles`);
    expect(page).toContain('samples');
  });

  it('escapes the Host header', async () => {
    const request = 'GET / HTTP/1.1\r\nHost: "><script>alert(1)</script>\r\nConnection: close\r\n\r\n';
    expect(await sendRaw(host.port, request)).not.toContain('<script>');
  });
});

describe('the documentation', () => {
  it('is generated from the code', async () => {
    const document = (await (await fetch(`${host.url}/docs-json`)).json()) as {
      paths: Record<string, Record<string, object>>;
      components: { securitySchemes: object };
    };
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
