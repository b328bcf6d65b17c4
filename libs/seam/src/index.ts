export {
  CallContext,
  type CallContextOptions,
  currentCall,
  runOutsideCall,
  type Principal,
  runCall,
} from './call/call-context.js';
export {
  Consistency,
  CONSISTENCY_LEVELS,
  type ConsistencyLevel,
  laterPosition,
  type Position,
  type PositionsByModule,
  covers,
} from './call/consistency.js';
export {
  type BuiltInCode,
  ContractError,
  isSeamError,
  SeamError,
  type SeamErrorOptions,
} from './call/errors.js';
export { ReadWatermark, type ReadWatermarkOnWire } from './call/read-watermark.js';
export { type IdempotencyStore, type KeyedCommand } from './call/idempotency-store.js';
export {
  type ClientOf,
  command,
  contract,
  type Contract,
  type DeepReadonly,
  type InputOf,
  type Method,
  type MethodOptions,
  type OutputOf,
  query,
} from './contract/contract.js';
export {
  type EarlierPayload,
  event,
  type EventContract,
  type EventOptions,
  type PayloadOf,
} from './contract/event.js';
export { type ModuleManifest } from './module-manifest.js';
export { compareRoutes, matchesRoute } from './route-pattern.js';
export { type RemoteHostOptions, type RemoteHostTuning } from './remote/client/remote-host-options.js';
export { type Credential, type PrivateCa } from './remote/credential.js';
export { type SessionStore } from './call/session-store.js';
export { type SeamServerOptions } from './remote/server/seam-server-options.js';
export { PeriodicTask } from './periodic-task.js';
export { type Placement, type RecordCall, type SeamObserver } from './seam-observer.js';
export { type SeamModuleOptions } from './seam-module-options.js';
export { type RunningSeamServer, seamServer } from './seam-server.js';
export { Semaphore } from './semaphore.js';
export { Implements, Seam } from './seam.decorators.js';
export { SeamModule } from './seam.module.js';
