export { describeSettings, type Setting } from './describe-settings.js';
export { developmentFolderSetting } from './development-folder.js';
export {
  checkSettings,
  type Environment,
  givenText,
  isSet,
  readSettings,
  SettingsError,
} from './read-settings.js';
export { networkOf, networksOf } from './networks.js';
export { serverUrls } from './server-urls.js';
export {
  checkedSetting,
  hostSetting,
  keySetting,
  moduleVariable,
  numberSetting,
  oneOfSetting,
  pathSetting,
  urlSetting,
} from './setting-types.js';
export { urlMistake, type UrlRules } from './url-mistake.js';
