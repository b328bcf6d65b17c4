/**
 * The API without notifications and media, which run elsewhere: as in production, or, with `SUBSCRIBERS=none`, without any
 * subscriber of its events. For comparison only.
 */
import 'reflect-metadata';
import { composeHost, hostCompositionSettings } from '@tearline/composition';
import { runHost } from '@tearline/host';
import { readSettings } from '@tearline/settings';
import { declaredEvents, manifests } from '@tearline/modules';

const { env } = process;
const modules = manifests.filter(({ name }) => !['notifications', 'media'].includes(name));

await runHost(
  await composeHost({
    settings: readSettings(hostCompositionSettings, env),
    env,
    modules,
    manifests: env['SUBSCRIBERS'] === 'none' ? modules : manifests,
    declaredEvents,
    isWorker: true,
    defaultCacheMode: 'on',
  }),
);
