export { openTracing } from './open-tracing.js';
export { type TracedService, type Tracing } from './tracing.js';
export { TracingModule } from './tracing.module.js';
export { type TracingSettings, tracingSettings } from './tracing-settings.js';
