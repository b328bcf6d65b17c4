export { composeHost, type CompositionOptions } from './compose-host.js';
export { runProgram } from './run-program.js';
export {
  developmentSettings,
  hostCompositionSettings,
  serviceSettings,
  settingsOfHosts,
  settingsOfModule,
  settingsReference,
} from './settings.js';
