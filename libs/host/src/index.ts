export { createHost } from './create-host.js';
export { type ErrorBody } from './error-body.js';
export { ErrorFilter } from './error.filter.js';
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
} from './fields.js';
export { type HostOptions } from './host-options.js';
export { hostSettings, type HostSettings } from './host-settings.js';
export { type ReadinessCheck } from './readiness.js';
export { runHost, type RunningHost, type RunOptions } from './run-host.js';
export { readSettings } from './settings.js';
export { SettingsError } from './settings-error.js';
