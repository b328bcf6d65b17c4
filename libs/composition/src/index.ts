export { composeHost, type CompositionOptions } from './compose-host.js';
export { edgeLimits } from './edge-limits.js';
export { hasAuthenticatedRoutes } from './manifests/authenticated-routes.js';
export { manifestProblems } from './manifests/manifest-problems.js';
export { nestMetadata } from './manifests/nest-metadata.js';
export { runProgram } from './run-program.js';
export {
  checkEnvironment,
  developmentSettings,
  hostCompositionSettings,
  serviceSettings,
  settingsOfHosts,
  settingsOfModule,
  settingsReference,
} from './settings.js';
