/** Measures what traces cost a request: `npm run bench:traces`. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { loadavg } from 'node:os';
import { assertSameResponses } from '../kit/assert-same-response.js';
import { count, failOnErrors, listOf, note, npmScript, runCommand, seconds } from '../kit/command.js';
import { endpointNames, endpoints, requestsOf } from '../kit/endpoints.js';
import { assignMachineCores } from '../kit/machine.js';
import { ms, ratio, tableOfColumns } from '../kit/report/markdown.js';
import type { ServerProcess } from '../kit/server-process.js';
import { figureOf, sum } from '../kit/statistics.js';
import { Bench, MONOLITH } from './bench.js';
import { type Measured, measureTargets } from './measure.js';

interface Options {
  readonly endpoints: readonly string[];
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
}

interface Finding {
  readonly endpoint: string;
  /** Off first. */
  readonly measured: readonly Measured[];
}

const RATES = ['0.01', '1'];

const command = npmScript(
  'bench:traces',
  'Starts the monolith without traces, with one trace in a hundred requests, and with all, each as in production and without a cache, ' +
    'and loads them in turn. Prints the CPU of a request. Takes about five minutes.',
)
  .option('--endpoints <names>', `any of ${endpointNames.join(',')}`, listOf(endpointNames), [
    'article',
    'feed',
    'profile',
    'comments',
  ])
  .option('--seconds <n>', 'length of a round against one server', seconds, 2)
  .option('--rounds <n>', 'rounds; their median counts', count, 7)
  .option('--connections <n>', 'connections that send at the same time', count, 16);

async function run(options: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const bench = await Bench.open(cleanup, { cores: assignMachineCores() });
  const samples = await bench.samples();
  const collector = await startCollector(cleanup);
  const servers: (readonly [name: string, ServerProcess])[] = [['off', await start(bench, 'off', {})]];
  for (const rate of RATES) {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, TRACE_SAMPLE_RATE: rate };
    servers.push([`${Number(rate) * 100} %`, await start(bench, `traced-${rate}`, env)]);
  }
  const findings: Finding[] = [];
  for (const { name } of endpoints.filter((each) => options.endpoints.includes(each.name))) {
    note(`measuring ${name}`);
    const requests = requestsOf(name, samples);
    const targets = servers.map(([rate, server]) => ({ name: rate, server, requests }));
    await assertSameResponses(
      endpoints.find((each) => each.name === name)!,
      requests,
      ...(servers.slice(0, 2).map(([, { url }]) => url) as [string, string]),
    );
    findings.push({ endpoint: name, measured: await measureTargets(targets, bench.database, options) });
  }
  const load = loadavg()[0]!.toFixed(1);
  bench.print(
    `the collector got ${collector.kilobytes()} kB; load average at the end ${load}`,
    figures(findings),
  );
  failOnErrors(sum(findings.flatMap(({ measured }) => measured.map(({ median }) => median.errors))));
}

const start = (bench: Bench, name: string, env: Readonly<Record<string, string>>) =>
  bench.startHost({ name, entry: MONOLITH, env: { CACHE: 'off', ...env } });

/** Starts a collector that reads what it gets, and does nothing with it. */
async function startCollector(cleanup: AsyncDisposableStack) {
  let bytes = 0;
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    kilobytes: () => Math.round(bytes / 1024),
  };
}

/** Returns the CPU of the application a request, and how much more it is than without traces, round by round. */
function figures(findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ endpoint, measured }) =>
    measured.map(({ name, rounds }) => ({
      endpoint,
      name,
      cpu: figureOf(rounds.map(({ app }) => app)),
      more: figureOf(rounds.map(({ app }, round) => app / measured[0]!.rounds[round]!.app)),
    })),
  );
  return tableOfColumns(
    [
      ['request', ({ endpoint }) => endpoint],
      ['traces', ({ name }) => name],
      ['CPU ms', ({ cpu }) => ms(cpu.median)],
      ['of off', ({ more }) => ratio(more.median)],
      ['rounds', ({ more }) => `${more.low.toFixed(2)}–${more.high.toFixed(2)}`],
    ],
    rows,
  );
}

await runCommand(command, run);
