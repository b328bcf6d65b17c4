export { describeSettings, type Setting } from './describe-settings.js';
export { readSettings } from './read-settings.js';
export { numberSetting, oneOfSetting } from './setting-types.js';
export { SettingsError } from './settings-error.js';
