import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const LINES_A_SEGMENT = 1_000_000;
/** The lines are of the last day. */
const SPAN_MS = 86_400_000;
const MODULES = ['identity', 'social', 'articles', 'comments', 'notifications', 'media'];

/** The one line with this trace is in the middle. */
export const SOUGHT_TRACE = '0123456789abcdef0123456789abcdef';

/**
 * Makes a store with lines of requests of one day, by DuckDB itself: one in a thousand is an error, one in ten a warning. Each has a random
 * trace.
 */
export async function makeSampleStore(dir: string, lines: number): Promise<void> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const start = Date.now() - SPAN_MS;
  const epoch = Date.now();
  for (let first = 0; first < lines; first += LINES_A_SEGMENT) {
    const count = Math.min(LINES_A_SEGMENT, lines - first);
    const hour = new Date(start + ((first + count) / lines) * SPAN_MS).toISOString().slice(0, 13);
    await mkdir(join(dir, hour), { recursive: true });
    const name = `${epoch}-${first + 1}-${first + count}.parquet`;
    const part = join(dir, `${name}.part`);
    await connection.run(`
      copy (
        with numbered as (
          select range as n, case when range = ${Math.floor(lines / 2)} then '${SOUGHT_TRACE}' else md5(random()::varchar) end as trace,
            (${start} + range * ${SPAN_MS / lines})::bigint as ms, [${MODULES.map((name) => `'${name}'`).join()}][1 + range % 6] as module,
            case when range % 1000 = 0 then 50 when range % 10 = 0 then 40 else 30 end::smallint as level
          from range(${first}, ${first + count}))
        select epoch_ms(ms) as time, level, 'bench-' || (n % 6) as process, n // 6 as sequence, 'bench' as service, module,
          'r-' || n as request_id, trace as trace_id, 'request' as msg, ${first + count}::bigint as stream_sequence,
          format('{{"process":"bench-{}","sequence":{},"service":"bench","level":{},"time":{},"pid":25837,"requestId":"r-{}","traceId":"{}","spanId":"{}","method":"GET","url":"/api/{}?limit=20&offset={}","route":"/api/{}","module":"{}","status":200,"duration":{},"userId":"1","msg":"request"}}',
            n % 6, n // 6, level, ms, n, trace, trace[17:], module, n, module, module, (random() * 100)::decimal(9, 3)) as line
        from numbered)
      to '${part}' (format parquet, compression zstd, row_group_size 122880)`);
    await rename(part, join(dir, hour, name));
  }
  connection.closeSync();
}
