import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { OrphanReaper } from './orphan-reaper.js';
import { ProcessOutput } from './process-output.js';
import { SupervisedProcess } from './supervised-process.js';

/** What V8 writes before it ends a process. */
const OUT_OF_HEAP = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory';

let folder: string;
let lines: string[];
let made: SupervisedProcess;
let reaper: OrphanReaper;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supervised-'));
  lines = [];
  reaper = new OrphanReaper(folder);
});
afterEach(async () => {
  await made.stop();
  reaper.dismiss();
  await rm(folder, { recursive: true, force: true });
});

function supervise(script: string, isReady: () => Promise<boolean>): SupervisedProcess {
  const output = new ProcessOutput('json', (line) => void lines.push(line), 10, false);
  const spec = {
    name: 'app.1',
    command: [process.execPath, '-e', script],
    env: {},
    isReady,
    stopSignal: 'SIGTERM',
  } as const;
  return (made = new SupervisedProcess(spec, output, reaper));
}

it('says why a process that was ready does not stay up', async () => {
  const app = supervise(`console.error('${OUT_OF_HEAP}'); process.exit(134)`, async () => true);
  await app.start();
  await expect.poll(() => lines.join('\n'), { timeout: 15_000 }).toContain('app.1 does not stay up');
  expect(app.unexpectedEnd).toMatch(
    /^exit code 134 because its JavaScript heap was full; give it a larger one, e\.g\. NODE_OPTIONS=/,
  );
  expect(lines.filter((line) => line.includes('app.1 ended with exit code 134 because'))).toHaveLength(3);
});

it('says why a process ends before it is ready', async () => {
  const app = supervise(`console.error('${OUT_OF_HEAP}'); process.exit(134)`, async () => false);
  await expect(app.start()).rejects.toThrow(
    /app\.1 ended before it was ready, with exit code 134 because its JavaScript heap was full/,
  );
});
