export { composeHost, hostCompositionSettings, type CompositionOptions } from './compose-host.js';
export { runProgram } from './run-program.js';
