/** Runs the consistency checker and failover under it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { runScript, script, wholeNumber } from '@tearline/process';

const command = script('consistency')
  .usage('[options] [-- options of vitest]')
  .description('Checks that sessions read their own writes while replicas and servers fail.')
  .argument('[options...]', 'options of vitest')
  .option('--seconds <number>', 'the duration of each test', wholeNumber(1, 86_400), 60)
  .action(async (options: readonly string[], { seconds }: { seconds: number }) => {
    const specs = ['consistency.redis', 'failover.redis', 'split-consistency.redis.nginx'].map(
      (name) => `test/faults/${name}.spec.ts`,
    );
    const projects = ['--project', 'faults-redis', '--project', 'faults'];
    const args = ['node_modules/vitest/vitest.mjs', 'run', ...projects, ...specs, ...options];
    const env = { ...process.env, CONSISTENCY_SECONDS: `${seconds}` };
    const [code] = (await once(spawn(process.execPath, args, { env, stdio: 'inherit' }), 'exit')) as [
      number | null,
    ];
    if (code !== 0) throw new Error(`the checker ended with ${code ?? 'a signal'}`);
  });

process.exitCode = await runScript(command);
