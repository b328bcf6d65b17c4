/** Measures what an edge cache does for readers, and what they see when purges are lost or the origin is down; prints a table. */
import { setTimeout as pause } from 'node:timers/promises';
import { runScript, script, wholeNumber } from '@tearline/process';
import { register } from '../../support/conduit.js';
import { Api } from '../../support/api-client.js';
import { startTopology } from '../../support/running-topology.js';
import { Library } from './library.js';
import { lostPurges } from './lost-purges.js';
import { originDown, originRequests, purgeToFresh, readsBehindWriters } from './measurements.js';

interface Options {
  readonly requests: number;
  readonly purges: number;
  readonly reads: number;
  readonly lost: number;
  readonly down: number;
}

const command = script('cdn')
  .description(
    'Runs a topology behind an edge cache (Varnish), and measures: requests that the origin is spared, the time until a change is \
seen, reads that are behind, and reads while the origin is down. Prints a table.',
  )
  .argument('[topology]', 'as for npm run topology', 'monolith')
  .option(
    '--requests <count>',
    "anonymous reads in the lab's proportions",
    wholeNumber(100, 1_000_000),
    20_000,
  )
  .option('--purges <count>', 'changes until an anonymous reader sees them', wholeNumber(10, 100_000), 500)
  .option('--reads <count>', 'reads of writers after their own writes', wholeNumber(10, 1_000_000), 20_000)
  .option('--lost <count>', 'changes whose purge does not arrive', wholeNumber(1, 1_000), 100)
  .option('--down <seconds>', 'seconds for which the origin is down', wholeNumber(1, 600), 60)
  .action(main);

const log = (line: string) => process.stderr.write(`${line}\n`);

async function main(name: string, options: Options): Promise<void> {
  log(`starting '${name}' behind an edge cache …`);
  const topology = await startTopology(name, {
    args: ['--cdn'],
    env: { LOG_LEVEL: 'error', REGISTRATIONS_PER_MINUTE: '1000000' },
  });
  try {
    const author = await register(new Api(topology.url));
    const library = await Library.fill(author, 200);
    const rows: [string, string][] = [];
    const add = (what: string, result: string) => {
      rows.push([what, result]);
      log(`${what}: ${result}`);
    };
    for (const withWrites of [false, true]) {
      const { fetched, savedPercent } = await originRequests(topology, library, options.requests, withWrites);
      const what = withWrites ? "with the mix's writes" : 'alone';
      add(
        `origin requests for ${options.requests} anonymous reads ${what}`,
        `${fetched} (${savedPercent} % saved)`,
      );
    }
    const fresh = await purgeToFresh(topology, library, options.purges);
    add(`purge-to-fresh of ${options.purges} changes, from the response to the writer`, fresh);
    add(
      `reads behind their writer`,
      `${await readsBehindWriters(topology, options.reads)} of ${options.reads}`,
    );
    const behind = await lostPurges(options.lost);
    add(
      `old pages for others after ${options.lost} changes whose purge is lost, at most`,
      `${Math.max(...behind).toFixed(1)} s`,
    );
    const down = await originDown(topology, library, options.down);
    add(`origin down for ${options.down} s: anonymous reads failed`, `${down.failed} of ${down.sent}`);
    const width = Math.max(...rows.map(([what]) => what.length));
    process.stdout.write(
      `\n${rows.map(([what, result]) => `${what.padEnd(width)}  ${result}`).join('\n')}\n`,
    );
    if (down.failed > 0) throw new Error('anonymous reads failed while the origin was down');
  } finally {
    await topology.stop();
    await pause(0);
  }
}

process.exitCode = await runScript(command);
