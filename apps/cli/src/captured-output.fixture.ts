import type { Environment } from '@tearline/settings';
import { runCli } from './cli.js';

/** How a command ended and what it said. */
export interface CapturedOutput {
  code: number;
  printed: string;
  noted: string;
}

/** Runs a command as `npm run` does, with this environment and no other. */
export async function run(env: Environment, ...args: string[]): Promise<CapturedOutput> {
  let [printed, noted] = ['', ''];
  const code = await runCli(args, {
    env,
    print: (text) => void (printed += text),
    note: (line) => void (noted += `${line}\n`),
  });
  return { code, printed, noted };
}
