export { CachedResponse, type ResponseCache } from './requests/response-cache.js';
export { createHost } from './create-host.js';
export { type ErrorBody } from './errors/http-error.js';
export { Deadline } from './requests/deadline.decorator.js';
export { HttpErrorFilter } from './errors/http-error.filter.js';
export {
  email,
  filterText,
  nullableText,
  optionalText,
  Page,
  password,
  positiveId,
  text,
  type TextLimits,
  wholeNumber,
} from './input/fields.js';
export { HostShutdown } from './server/host-shutdown.js';
export { type HostOptions } from './host-options.js';
export {
  hostSettings,
  type HostSettings,
  rpcAddressesSettings,
  rpcAddressesVariable,
} from './settings/host-settings.js';
export { type ReadinessCheck } from './health/health.controller.js';
export { runHost, type RunningHost, type RunOptions } from './run-host.js';
