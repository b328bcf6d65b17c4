export { type About, type HostDescription } from './about.js';
export { ApiErrors } from './pages/api-errors.decorator.js';
export { BodyType } from './server/body-type.decorator.js';
export { BulkProcess } from './bulk/bulk-process.js';
export { lowerPriority } from './bulk/lower-priority.js';
export { CachedResponse, type ResponseCache } from './requests/response-cache.js';
export { corsOrigins } from './server/cross-origin.js';
export { createHost } from './create-host.js';
export { type ErrorBody } from './errors/http-error.js';
export { documentOf } from './pages/document.js';
export { Deadline } from './requests/deadline.decorator.js';
export { LogOutput } from './logging/log-output.js';
export { HttpErrorFilter } from './errors/http-error.filter.js';
export {
  email,
  filterText,
  name,
  nullableText,
  optionalText,
  optionalWholeNumber,
  Page,
  password,
  positiveId,
  text,
  type TextLimits,
  wholeNumber,
} from './input/fields.js';
export { cursor, cursorOf } from './input/cursor.js';
export { MAX_PAGE_TEXT, withinPageSize } from './input/page-size.js';
export { END_CAUSES } from './memory/ends/end-cause.js';
export type { Growth } from './memory/report/growth.js';
export type { MemoryReport } from './memory/report/memory-report.js';
export { memoryReports } from './memory/memory-reports.js';
export type { EndCause } from './memory/ends/end-cause.js';
export { maxConnections } from './server/connection-limits.js';
export { openFileLimit } from './server/open-files.js';
export { HostShutdown } from './server/host-shutdown.js';
export { type HostOptions, type LogStream } from './host-options.js';
export {
  hostSettings,
  type HostSettings,
  rpcAddressesSettings,
  rpcAddressesVariable,
} from './settings/host-settings.js';
export { type ReadinessCheck } from './health/readiness.js';
export { runHost, type RunningHost, type RunOptions } from './run-host.js';
