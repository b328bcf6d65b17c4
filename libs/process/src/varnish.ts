import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from './find-program.js';

/** Returns the path of varnishd. @throws UsageError with the installation command when it is not in `PATH` */
export const findVarnish = (path = ''): Promise<string> =>
  findProgram('varnishd', path, '`apt install varnish varnish-modules` (Debian, Ubuntu), or leave --cdn out');

export interface VarnishCommandOptions {
  /** Where clients connect, `host:port`. */
  readonly listen: string;
  /** Where hosts send purges, `host:port`. */
  readonly purges: string;
  readonly memoryMib: number;
}

/** The parameters that the configuration relies on: room for the heads that hosts accept, and for the comparison with the log of purges. */
const VARNISH_PARAMETERS = {
  http_req_hdr_len: '20k',
  http_req_size: '80k',
  http_resp_hdr_len: '20k',
  http_resp_size: '80k',
  http_max_hdr: '128',
  workspace_client: '384k',
  workspace_backend: '384k',
  pcre2_match_limit: '1000000',
};

/** Writes a configuration into a folder, and returns the command that runs Varnish in the foreground. */
export async function varnishCommand(
  varnishd: string,
  folder: string,
  configuration: string,
  options: VarnishCommandOptions,
): Promise<[program: string, ...args: string[]]> {
  const file = join(folder, 'edge.vcl');
  await writeFile(file, configuration);
  // A privileged varnishd reads it as another user.
  await chmod(file, 0o644);
  return [varnishd, '-F', '-n', join(folder, 'varnish'), '-f', file, ...varnishArguments(options)];
}

/** Returns the arguments that do not depend on where the configuration is. */
export function varnishArguments({ listen, purges, memoryMib }: VarnishCommandOptions): string[] {
  const options = [
    ['-a', `edge=${listen}`],
    ['-a', `purge=${purges}`],
    ['-s', `pages=malloc,${memoryMib}M`],
    // Of what is not stored for long, errors among it.
    ['-s', 'Transient=malloc,128M'],
    // No port for its command line.
    ['-T', 'none'],
    ...Object.entries(VARNISH_PARAMETERS).map(([name, value]) => ['-p', `${name}=${value}`]),
  ];
  return options.flat();
}
