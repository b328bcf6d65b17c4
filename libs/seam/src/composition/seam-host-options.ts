import type { RemoteHostTuning } from '../remote/client/remote-host-options.js';
import type { SeamModuleOptions } from '../seam-module-options.js';

/** Options of `SeamModule` where `seamModules()` decides which contracts are local and which are remote. */
export interface SeamHostOptions extends Omit<SeamModuleOptions, 'local' | 'remote'> {
  /** Where the modules run that this host does not load, as `host:port`; the variables `<MODULE>_ADDRESSES` by default. */
  addresses?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** How this host treats the others. */
  tuning?: RemoteHostTuning;
}
