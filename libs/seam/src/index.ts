import './node-version.js';
export {
  type AnswerCache,
  type AnswerPart,
  type AnswerPolicy,
  type AnswerRequest,
  type AnswerResult,
  type FreshAnswer,
} from './answers/answer-cache.js';
export { MemoryAnswerCache, type MemoryAnswerCacheOptions } from './answers/memory-answer-cache.js';
export { isUnreachable } from './answers/unreachable.js';
export {
  CallContext,
  type CallContextOptions,
  currentCall,
  runOutsideCall,
  type Principal,
  runCall,
} from './call/call-context.js';
export { type Carrier } from './call/carriers.js';
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
export { MemoryAccount, MemoryBudget } from './call/memory-budget.js';
export { currentSpan, startSpan } from './call/current-span.js';
export {
  endWith,
  errorTypeOf,
  type Span,
  type SpanAttributes,
  type SpanKind,
  type SpanOptions,
  type TraceHeaders,
  type Tracer,
} from './call/span.js';
export { ReadWatermark, type ReadWatermarkOnWire } from './call/read-watermark.js';
export { type IdempotencyStore, type KeyedCommand } from './call/idempotency-store.js';
export {
  type CallOptions,
  type ClientOf,
  command,
  contract,
  type Contract,
  contractNameOf,
  type ContractOptions,
  type DegradingOptions,
  type InputOf,
  type Method,
  type MethodOptions,
  type OutputOf,
  type PositionalOptions,
  query,
} from './contract/contract.js';
export { type KeepOptions } from './contract/keep.js';
export type { AnyMethod, DeepReadonly } from './contract/signature.js';
export { revive } from './contract/revive.js';
export {
  type EarlierPayload,
  event,
  type EventContract,
  type EventOptions,
  type PayloadOf,
} from './contract/event.js';
export { type Issue, type ParseResult, type Schema, typeOnly, type ValueOf } from './contract/schema.js';
export { type ModuleLimits, type ModuleManifest } from './module-manifest.js';
export { compareRoutes, matchesRoute } from './route-pattern.js';
export { type RemoteHostOptions, type RemoteHostTuning } from './remote/client/remote-host-options.js';
export { type Credential, type PrivateCa } from './remote/credential.js';
export { type SessionStore } from './call/session-store.js';
export { type SeamServerOptions } from './remote/server/seam-server-options.js';
export { PeriodicTask } from './periodic-task.js';
export { type AnswerSource, type Placement, type RecordCall, type SeamObserver } from './seam-observer.js';
export { type SeamModuleEntry } from './composition/listed-module.js';
export { type SeamHostOptions } from './composition/seam-host-options.js';
export { seamModules, type SeamModulesOptions } from './composition/seam-modules.js';
export {
  type Factory,
  type SeamModuleAsyncOptions,
  type SeamOptionsFactory,
} from './seam-module-async-options.js';
export { type SeamModuleOptions } from './seam-module-options.js';
export { type RunningSeamServer, seamServer } from './seam-server.js';
export { Semaphore } from './semaphore.js';
export { Implements, Seam } from './seam.decorators.js';
export { SeamModule } from './seam.module.js';
