import type { TestProject } from 'vitest/node';
import { startApp } from '../support/running-app.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the server under test listens, without a trailing slash. It is all that a test knows of the server. */
    baseUrl: string;
    /** Where each process tells its metrics. */
    metricsUrls: string[];
  }
}

/**
 * Tests the server at `E2E_BASE_URL`, whose processes tell their metrics at the addresses in `E2E_METRICS_URLS` (by default its own
 * `/metrics`), or else a monolith that it starts from the build and stops at the end.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['E2E_BASE_URL'];
  if (given !== undefined && given !== '') {
    const baseUrl = given.replace(/\/$/, '');
    project.provide('baseUrl', baseUrl);
    project.provide('metricsUrls', process.env['E2E_METRICS_URLS']?.split(',') ?? [`${baseUrl}/metrics`]);
    return undefined;
  }
  // A suite registers, from one address, more people in a minute than an office does.
  const app = await startApp({ env: { REGISTRATIONS_PER_MINUTE: '100000' } });
  project.provide('baseUrl', app.url);
  project.provide('metricsUrls', [`${app.url}/metrics`]);
  return async () => {
    await app.stop();
  };
}
