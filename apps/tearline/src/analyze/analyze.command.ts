import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { CliContext } from '../context.js';
import { FindingsError } from '../findings-error.js';
import { readNestProject } from '../project/nest-project.js';
import { UsageError } from '../usage-error.js';
import type { Analysis } from './analysis.js';
import { analyze } from './analyze.js';
import { readBaseline, writeBaseline } from './baseline.js';
import { readCallsPerRequest } from './calls-per-request.js';
import { type FindingKind, findingKinds, severities, type Severity } from './finding.js';
import { toHtml } from './output/html.js';
import { toMarkdown } from './output/markdown.js';
import { paintFor } from './output/paint.js';
import { count } from './output/summary.js';
import { toTerminal } from './output/terminal.js';

const formats = ['terminal', 'markdown', 'json', 'html'] as const;
type Format = (typeof formats)[number];
const formatByEnding: Record<string, Format> = { '.md': 'markdown', '.json': 'json', '.html': 'html' };

interface Options {
  readonly format?: Format;
  readonly output?: string;
  readonly module?: string;
  readonly all?: true;
  readonly failOn?: readonly (Severity | FindingKind)[];
  readonly baseline?: string;
  readonly writeBaseline?: true;
  readonly metrics?: string;
}

/** `tearline analyze [DIR]`. */
export function analyzeCommand(context: CliContext): Command {
  return new Command('analyze')
    .description('Lists what stops the extraction of each module, and the order in which to extract them.')
    .addArgument(new Argument('[dir]', 'folder of the application, or of one in a workspace').default('.'))
    .addOption(new Option('-f, --format <format>', 'what to write').choices(formats))
    .option('-o, --output <file>', 'write to a file; its ending (.md, .json, .html) names the format')
    .option('-m, --module <name>', 'list the findings and the contract of one module')
    .option('-a, --all', 'list findings of low severity, too')
    .option(
      '--fail-on <list>',
      `exit with 1 on a finding of a severity or worse (${severities.join(', ')}), or of a kind; separated by commas`,
      toFailures,
    )
    .option('--baseline <file>', 'leave out the findings that are known')
    .option('--write-baseline', 'write the findings into the baseline: they are known from now on')
    .option(
      '--metrics <url or file>',
      'calls of each contract per request, from the metrics of the running application',
    )
    .addHelpText('after', `\nKinds of findings: ${findingKinds.join(', ')}.`)
    .action((dir: string, options: Options) => run(dir, options, context));
}

async function run(dir: string, options: Options, { print, note, stdout }: CliContext): Promise<void> {
  const { output, baseline, failOn = [], module } = options;
  if (options.writeBaseline && baseline === undefined)
    throw new UsageError('--write-baseline: expected --baseline with the file to write');
  const format = options.format ?? formatByEnding[extname(output ?? '')] ?? 'terminal';
  const callsPerRequest = options.metrics ? await readCallsPerRequest(options.metrics) : undefined;
  const known = baseline && !options.writeBaseline ? readBaseline(baseline) : undefined;
  const analysis = analyze(readNestProject(dir, note), { baseline: known, callsPerRequest });
  assertModule(module, analysis);
  if (baseline && options.writeBaseline) {
    writeBaseline(baseline, analysis.findings);
    note(`${baseline}: ${analysis.findings.length} findings are known from now on`);
    return;
  }
  const text = render(analysis, format, { ...options, stdout: output ? undefined : stdout });
  if (output === undefined) print(text);
  else {
    try {
      writeFileSync(output, text);
    } catch (error) {
      throw new UsageError(`--output ${output}: ${(error as Error).message}`);
    }
    note(`${output} is written`);
  }
  const failures = analysis.findings.filter((each) => failOn.some((what) => isFailure(each, what)));
  if (failures.length > 0)
    throw new FindingsError(
      `${count(failures.length, 'finding')} ${failures.length === 1 ? 'fails' : 'fail'} on ${failOn.join(', ')}; the first: ${failures[0]!.file}:${failures[0]!.line}: ${failures[0]!.why}`,
    );
}

function render(
  analysis: Analysis,
  format: Format,
  { all, module, stdout }: Options & { stdout: NodeJS.WriteStream | undefined },
): string {
  if (format === 'json') return `${JSON.stringify(analysis, undefined, 2)}\n`;
  if (format === 'markdown') return toMarkdown(analysis);
  if (format === 'html') return toHtml(analysis);
  return toTerminal(analysis, {
    paint: paintFor(stdout),
    listed: all || module ? severities : ['high', 'medium'],
    module,
  });
}

function assertModule(module: string | undefined, { modules }: Analysis): void {
  if (module === undefined || modules.some(({ name }) => name === module)) return;
  throw new UsageError(`--module ${module}: expected one of ${modules.map(({ name }) => name).join(', ')}`);
}

function toFailures(list: string): (Severity | FindingKind)[] {
  const known: readonly string[] = [...severities, ...findingKinds];
  const given = list.split(',').map((each) => each.trim());
  const unknown = given.find((each) => !known.includes(each));
  if (unknown !== undefined) throw new InvalidArgumentError(`'${unknown}' is none of ${known.join(', ')}.`);
  return given as (Severity | FindingKind)[];
}

/** A severity stands for all that are as bad or worse. */
const isFailure = (
  { severity, kind }: { severity: Severity; kind: FindingKind },
  what: Severity | FindingKind,
) =>
  what === kind ||
  ((severities as readonly string[]).includes(what) &&
    severities.indexOf(severity) <= severities.indexOf(what as Severity));
