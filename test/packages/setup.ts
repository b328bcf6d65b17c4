import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The packed packages. */
    tarballs: { seam: string; tearline: string };
    /** Whether packages can be installed here. */
    hasRegistry: boolean;
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** Packs the packages once for all tests. In CI a registry that does not answer is a failure, so the tests run there. */
export async function setup({ provide }: TestProject): Promise<() => void> {
  const output = mkdtempSync(join(tmpdir(), 'seam-packages-'));
  const { stdout } = await run(
    process.execPath,
    ['tools/package.ts', '--output', output, 'seam', 'tearline'],
    {
      cwd: root,
    },
  );
  const [seam = '', tearline = ''] = stdout.match(/^\S+/gm) ?? [];
  const hasRegistry =
    process.env['CI'] === 'true' ||
    (await run('npm', ['ping'], { timeout: 30_000 }).then(
      () => true,
      () => false,
    ));
  if (!hasRegistry)
    process.stderr.write('Tests that install packages are left out: no npm registry answers.\n');
  provide('tarballs', { seam, tearline });
  provide('hasRegistry', hasRegistry);
  return () => rmSync(output, { recursive: true, force: true });
}
