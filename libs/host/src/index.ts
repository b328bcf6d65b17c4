export { KeptAnswer } from './requests/kept-answer.decorator.js';
export { type ReadyAnswers } from './requests/ready-answers.js';
export { createHost } from './create-host.js';
export { type ErrorBody } from './errors/error-body.js';
export { Deadline } from './requests/deadline.decorator.js';
export { ErrorFilter } from './errors/error.filter.js';
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
export { HostClosing } from './server/host-closing.js';
export { type HostOptions } from './host-options.js';
export { countSetting } from './settings/count-setting.js';
export { hostSettings, type HostSettings } from './settings/host-settings.js';
export { type ReadinessCheck } from './health/readiness.js';
export { runHost, type RunningHost, type RunOptions } from './run-host.js';
export { seamVariable } from './settings/seam-variable.js';
export { readSettings } from './settings/settings.js';
export { SettingsError } from './settings/settings-error.js';
