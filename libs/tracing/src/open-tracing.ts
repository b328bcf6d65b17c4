import type { TracedService, Tracing } from './tracing.js';
import type { TracingSettings } from './tracing-settings.js';

/** Opens the way to the collector; without one, nothing of OpenTelemetry is loaded, and this is undefined. */
export async function openTracing(
  settings: TracingSettings,
  service: TracedService,
): Promise<Tracing | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = settings;
  if (endpoint === undefined) return undefined;
  const { exportTo } = await import('./otlp-tracing.js');
  return exportTo({
    endpoint,
    headers: settings.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    rate: settings.TRACE_SAMPLE_RATE,
    service: { ...service, name: settings.OTEL_SERVICE_NAME ?? service.name },
  });
}
