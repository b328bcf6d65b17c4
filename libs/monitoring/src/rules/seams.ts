import type { Alert } from './alert.js';

export const seamAlerts: readonly Alert[] = [
  {
    name: 'EndpointEjected',
    expr: 'seam_endpoints_ejected > 0',
    for: '1m',
    severity: 'ticket',
    summary:
      'the host {{ $labels.host }} ({{ $labels.instance }}) sends no calls to {{ $value }} addresses of other hosts',
  },
];
