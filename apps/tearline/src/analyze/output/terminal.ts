import type { Analysis, ModuleReport } from '../analysis.js';
import type { Finding, Severity } from '../finding.js';
import { type Paint, styleOf } from './paint.js';
import { callsText, count, inOrder, summaryOf } from './summary.js';

/** What the terminal shows of an analysis. */
export interface TerminalOptions {
  readonly paint: Paint;
  /** Findings of these severities are listed; the others are counted. */
  readonly listed: readonly Severity[];
  /** Lists the findings and contracts of one module. */
  readonly module?: string | undefined;
}

/** Renders an analysis for a terminal. */
export function toTerminal(analysis: Analysis, options: TerminalOptions): string {
  const { paint, module } = options;
  const lines = [paint('bold', summaryOf(analysis)), '', ...table(analysis, paint), ''];
  const staying = analysis.modules.filter(({ verdict }) => verdict === 'never');
  if (analysis.order.length > 0)
    lines.push(`${paint('bold', 'Extract first to last:')} ${analysis.order.join(', ')}`);
  for (const { name, reason } of staying) lines.push(`${paint('bold', 'Stays:')} ${name}: ${reason}`);
  const findings =
    module === undefined
      ? analysis.findings
      : analysis.findings.filter((each) => each.module === module || each.other === module);
  lines.push(...list(findings, options));
  const report = analysis.modules.find(({ name }) => name === module);
  if (report) lines.push(...contractsOf(report, paint));
  return `${lines.join('\n')}\n`;
}

function table(analysis: Analysis, paint: Paint): string[] {
  const rows = inOrder(analysis);
  const hasCalls = rows.some(({ callsPerRequest }) => callsPerRequest !== undefined);
  const cells = rows.map((each) => [
    each.name,
    String(each.score),
    String(each.counts.high),
    String(each.counts.medium),
    String(each.counts.low),
    ...(hasCalls ? [callsText(each)] : []),
    `${each.verdict}: ${each.reason}`,
  ]);
  const heads = ['module', 'score', 'high', 'medium', 'low', ...(hasCalls ? ['calls/request'] : []), ''];
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...cells.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0
          ? cell.padEnd(widths[0]!)
          : column === row.length - 1
            ? cell
            : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  return [paint('dim', line(heads)), ...cells.map(line)];
}

function list(findings: readonly Finding[], { paint, listed }: TerminalOptions): string[] {
  const shown = findings.filter(({ severity }) => listed.includes(severity));
  const groups = Map.groupBy(shown, ({ module }) => module);
  const lines = [...groups].flatMap(([module, own]) => [
    '',
    paint('bold', module),
    ...own.flatMap((each) => one(each, paint)),
  ]);
  const hidden = findings.length - shown.length;
  return hidden === 0
    ? lines
    : [...lines, '', paint('dim', `${count(hidden, 'finding')} of low severity: --all lists them`)];
}

function one({ severity, kind, subject, file, lines, why, wayOut }: Finding, paint: Paint): string[] {
  const [first, ...rest] = lines;
  const more = rest.length > 0 ? ` and line${rest.length > 1 ? 's' : ''} ${rest.join(', ')}` : '';
  return [
    `  ${paint(styleOf[severity], severity.padEnd(6))} ${kind} ${subject}  ${paint('cyan', `${file}:${first}`)}${more}`,
    `         ${why}`,
    paint('dim', `         → ${wayOut}`),
  ];
}

function contractsOf({ contracts }: ModuleReport, paint: Paint): string[] {
  return contracts.flatMap(({ service, file, source, methods }) => [
    '',
    paint('bold', `Contract of ${service} (${file})`),
    ...methods.map(({ name, signature, callers }) =>
      paint('dim', `// ${name}${signature}: called by ${callers.join(', ')}`),
    ),
    source.trimEnd(),
  ]);
}
