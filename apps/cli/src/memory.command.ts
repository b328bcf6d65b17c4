import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { END_CAUSES, type Growth, hostSettings, type MemoryReport, memoryReports } from '@tearline/host';
import { script, UsageError, wholeNumber } from '@tearline/process';
import { readSettings } from '@tearline/settings';
import type { CliContext } from './context.js';
import { tableOf } from './table.js';

interface ReportOptions {
  readonly dir?: string;
  readonly all?: true;
  readonly functions: number;
  readonly json?: true;
}

const MIB = 1_048_576;

export function memoryCommand(context: CliContext) {
  const command = script('memory', context)
    .summary('shows what the memory of a process that died was used for')
    .helpCommand(false);
  command
    .command('report')
    .description(
      `Shows what the evidence in MEMORY_EVIDENCE_DIR says of the process that ended last: what ended it, how its memory grew and over
what time, and the functions that allocated what grew, in the heap and outside of it.`,
    )
    .option('--dir <folder>', 'the folder of the evidence; by default that of MEMORY_EVIDENCE_DIR')
    .option('--all', 'every process, those that run included')
    .option('--functions <count>', 'functions to show', wholeNumber(1, 100), 5)
    .option('--json', 'prints JSON')
    .action(async ({ dir: given, all, functions, json }: ReportOptions) => {
      const { MEMORY_EVIDENCE_DIR } = hostSettings;
      const dir = given ?? readSettings({ MEMORY_EVIDENCE_DIR }, context.env).MEMORY_EVIDENCE_DIR;
      if (dir === undefined) throw new UsageError('report: set MEMORY_EVIDENCE_DIR, or add --dir <folder>');
      if (!existsSync(dir)) throw new UsageError(`report: there is no folder '${resolve(dir)}'`);
      const reports = await memoryReports(resolve(dir));
      const ended = reports.filter(({ end }) => end !== undefined);
      const shown = all ? reports : (ended.length > 0 ? ended : reports).slice(0, 1);
      if (json) return context.print(`${JSON.stringify(shown, null, 2)}\n`);
      if (shown.length === 0) return context.print(`No evidence in ${resolve(dir)}.\n`);
      context.print(shown.map((report) => textOf(report, functions)).join('\n\n'));
    });
  return command;
}

function textOf(report: MemoryReport, functions: number): string {
  const { process, end, snapshot, folder } = report;
  const ended = end ? ` until ${timeOf(end.at)}` : '';
  const code = end?.code === undefined ? '' : ` (exit code ${end.code})`;
  return [
    `Process ${process.pid} with ${process.modules.join(', ')}, from ${timeOf(process.startedAt)}${ended}`,
    `End: ${end ? `${END_CAUSES[end.cause]}${code} [${end.cause}]` : 'it runs'}`,
    '',
    memoryTable(report),
    growthText('Heap', report.heap, functions),
    growthText('Buffers, outside the heap', report.buffers, functions),
    ...(snapshot ? [`Heap snapshot, with all values: ${snapshot}`] : []),
    `Evidence: ${folder}`,
    '',
  ].join('\n');
}

function memoryTable({
  before,
  last,
  process: { memoryLimit, heapLimit, isContainerLimit },
  buffers,
}: MemoryReport): string {
  if (before === undefined || last === undefined) return 'There are no samples of its memory.\n';
  const row = (name: string, from: number, to: number, limit = 0): (string | number)[] => [
    name,
    mib(from),
    mib(to),
    mib(to - from),
    limit > 0 ? mib(limit) : '',
  ];
  const rows = [
    row('resident', before.rss, last.rss, memoryLimit),
    row('heap', before.heapUsed, last.heapUsed, heapLimit),
    row('outside the heap', before.external, last.external),
    row('… array buffers', before.arrayBuffers, last.arrayBuffers),
    ...(isContainerLimit ? [row('container', before.container, last.container, memoryLimit)] : []),
  ];
  const over = `Growth over ${durationOf(last.at - before.at)}, from ${timeOf(before.at)} to ${timeOf(last.at)}, in MiB:`;
  const unknown = buffers && last.arrayBuffers - buffers.bytes;
  return [
    over,
    tableOf(['memory', 'before', 'last', 'grown', 'limit'], rows),
    ...(unknown !== undefined && unknown > 16 * MIB
      ? [`${mib(unknown)} MiB of the array buffers were not allocated by functions of Buffer.\n`]
      : []),
  ].join('\n');
}

function growthText(title: string, growth: Growth | undefined, count: number): string {
  if (growth === undefined) return `${title}: no profile.\n`;
  const { from, to, bytes, grown, functions } = growth;
  const lines = functions
    .slice(0, count)
    .flatMap((each) => [
      `  ${signed(each.grown).padStart(10)}  ${each.functionName}  ${placeOf(each)}`,
      ...each.callers.map((caller) => `${' '.repeat(14)}by ${caller.functionName}  ${placeOf(caller)}`),
    ]);
  return [
    `${title}: ${signed(grown)} to ${mib(bytes)} MiB, between profiles of ${timeOf(from)} and ${timeOf(to)}. Allocated by`,
    ...(lines.length > 0 ? lines : ['  nothing that has grown']),
    '',
  ].join('\n');
}

const placeOf = ({ file, line }: { file: string; line: number }) => (file === '' ? '' : `${file}:${line}`);
const mib = (bytes: number) => Math.round((bytes / MIB) * 10) / 10;
const signed = (bytes: number) => `${bytes < 0 ? '−' : '+'}${Math.abs(mib(bytes))} MiB`;
const timeOf = (at: number) => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

function durationOf(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}
