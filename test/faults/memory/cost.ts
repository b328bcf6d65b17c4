import { readFileSync } from 'node:fs';
import { Bench, MONOLITH } from '../../../measure/src/bench/bench.js';
import { type Measured, type MeasureOptions, measureTargets } from '../../../measure/src/bench/measure.js';
import { failOnErrors, note } from '../../../measure/src/kit/command.js';
import { requestsOf } from '../../../measure/src/kit/endpoints.js';
import { assignMachineCores } from '../../../measure/src/kit/machine.js';
import { ms, ratio, tableOfColumns } from '../../../measure/src/kit/report/markdown.js';
import { figureOf, sum } from '../../../measure/src/kit/statistics.js';
import { temporaryDir } from '../../../measure/src/kit/temporary-dir.js';
import { residentMib } from './kill-at-limit.js';

const ENDPOINTS = ['article', 'list', 'feed'];

/** Loads a monolith without evidence and one with it, in turn, and returns the CPU of a request and the memory of each. */
export async function costOfEvidence(
  options: MeasureOptions,
  cleanup: AsyncDisposableStack,
): Promise<string> {
  const bench = await Bench.open(cleanup, { cores: assignMachineCores() });
  const samples = await bench.samples();
  const dir = await temporaryDir('evidence', cleanup);
  const start = (name: string, env: Readonly<Record<string, string>>) =>
    bench.startHost({ name, entry: MONOLITH, env: { CACHE: 'off', ...env } });
  const servers = [
    { name: 'off', server: await start('off', {}) },
    { name: 'on', server: await start('on', { MEMORY_EVIDENCE_DIR: dir }) },
  ];
  const findings: { readonly endpoint: string; readonly measured: readonly Measured[] }[] = [];
  for (const endpoint of ENDPOINTS) {
    note(`measuring ${endpoint}`);
    const targets = servers.map((each) => ({ ...each, requests: requestsOf(endpoint, samples) }));
    findings.push({ endpoint, measured: await measureTargets(targets, bench.database, options) });
  }
  const rows = findings.flatMap(({ endpoint, measured }) =>
    measured.map(({ name, rounds }) => ({
      endpoint,
      name,
      cpu: figureOf(rounds.map(({ app }) => app)),
      more: figureOf(rounds.map(({ app }, round) => app / measured[0]!.rounds[round]!.app)),
    })),
  );
  failOnErrors(sum(findings.flatMap(({ measured }) => measured.map(({ median }) => median.errors))));
  const memory = servers.map(({ name, server }) => `${name} ${residentMib(server.pid).toFixed(0)} MiB`);
  const machine = readFileSync('/proc/cpuinfo', 'utf8').match(/^model name\s*: (.*)$/m)?.[1];
  return [
    tableOfColumns(
      [
        ['request', ({ endpoint }) => endpoint],
        ['evidence', ({ name }) => name],
        ['CPU ms', ({ cpu }) => ms(cpu.median)],
        ['of off', ({ more }) => ratio(more.median)],
        ['rounds', ({ more }) => `${more.low.toFixed(2)}–${more.high.toFixed(2)}`],
      ],
      rows,
    ),
    `resident after the load: ${memory.join(', ')}; ${machine}`,
  ].join('\n\n');
}
