const FIELDS = [
  '"time":"$time_iso8601"',
  '"requestId":"$edge_request_id"',
  '"method":"$request_method"',
  // Without the query, which may hold what a log must not.
  '"path":"$uri"',
  '"host":"$edge_host"',
  '"status":$status',
  '"seconds":$request_time',
  '"bytes":$body_bytes_sent',
  '"tried":"$upstream_addr"',
  '"answered":"$upstream_status"',
  '"address":"$remote_addr"',
];

/** A JSON line for each request, into `file`. */
export function accessLog(file: string | undefined): string[] {
  if (file === undefined) return ['access_log off;'];
  return [`log_format edge escape=json '{${FIELDS.join(',')}}';`, `access_log ${file} edge;`];
}
