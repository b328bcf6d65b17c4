import { runCli } from './cli.js';

/** How a command ended and what it said. */
export interface CapturedOutput {
  code: number;
  printed: string;
  noted: string;
}

/** Runs a command as `npx tearline` does, without a terminal. */
export async function run(...args: string[]): Promise<CapturedOutput> {
  let [printed, noted] = ['', ''];
  const code = await runCli(args, {
    print: (text) => void (printed += text),
    note: (line) => void (noted += `${line}\n`),
  });
  return { code, printed, noted };
}
