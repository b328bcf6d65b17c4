/**
 * Runs the checker of consistency for as long as one likes, and what fails under it. Further arguments after `--` are
 * vitest's. Node runs it as it is, types stripped: erasable syntax only.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '60' } },
});
const child = spawn(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    'faults-redis',
    'test/faults/consistency.redis.spec.ts',
    'test/faults/failover.redis.spec.ts',
    ...positionals,
  ],
  { env: { ...process.env, CONSISTENCY_SECONDS: values.seconds }, stdio: 'inherit' },
);
const [code] = (await once(child, 'exit')) as [number | null];
process.exitCode = code ?? 1;
