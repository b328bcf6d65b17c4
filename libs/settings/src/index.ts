export { describeSettings, type Setting } from './describe-settings.js';
export { type Environment, isSet, readSettings, SettingsError } from './read-settings.js';
export { moduleVariable, numberSetting, oneOfSetting } from './setting-types.js';
