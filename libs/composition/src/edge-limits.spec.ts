import type { ModuleManifest } from '@tearline/seam';
import { numberSetting } from '@tearline/settings';
import { describe, expect, it } from 'vitest';
import { defaultLimits } from '@tearline/topology';
import { edgeLimits } from './edge-limits.js';

const slow: ModuleManifest = {
  name: 'slow',
  uses: [],
  routes: ['/slow'],
  settings: { SLOW_SECONDS: numberSetting(1, 600).default(60) },
  limits: ({ SLOW_SECONDS }) => ({ timeout: 1_000 * (SLOW_SECONDS as number) }),
  load: async () => class {},
};

describe('the limits of nginx', () => {
  it('are by default those of hosts with default settings', () => {
    expect(edgeLimits({}, [])).toEqual(defaultLimits);
  });

  it('follow from the settings of hosts and modules', () => {
    const env = {
      BODY_LIMIT: '5000000',
      REQUEST_TIMEOUT_MS: '30000',
      SHUTDOWN_TIMEOUT_MS: '60000',
      CONNECTIONS_PER_ADDRESS: '7',
      TRUST_PROXY: '10.0.0.0/8, 203.0.113.7,::1',
      SLOW_SECONDS: '120',
    };
    expect(edgeLimits(env, [slow])).toEqual({
      bodyLimit: 5_000_000,
      requestTimeout: 30_000,
      shutdownTimeout: 60_000,
      connectionsPerAddress: 7,
      trustedProxies: ['10.0.0.0/8', '203.0.113.7/32', '::1/128'],
      modules: { slow: { timeout: 120_000 } },
    });
  });

  it('expand names of networks', () => {
    expect(edgeLimits({ TRUST_PROXY: 'loopback' }, []).trustedProxies).toEqual(['127.0.0.0/8', '::1/128']);
  });

  it.each(['1', 'on', '0.0.0.0/0', '::/0', 'example.com', '10.0.0.1; include x'])(
    'refuse TRUST_PROXY=%s',
    (TRUST_PROXY) => {
      expect(() => edgeLimits({ TRUST_PROXY }, [])).toThrow(/TRUST_PROXY: expected off/);
    },
  );

  it('name a wrong setting of a module', () => {
    expect(() => edgeLimits({ SLOW_SECONDS: 'x' }, [slow])).toThrow('SLOW_SECONDS: expected a number');
  });
});
