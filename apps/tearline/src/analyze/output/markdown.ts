import type { Analysis, ModuleReport } from '../analysis.js';
import type { Finding } from '../finding.js';
import { touches } from '../score.js';
import { callsText, inOrder, summaryOf } from './summary.js';

/** Renders an analysis as Markdown. */
export function toMarkdown(analysis: Analysis): string {
  const { findings, order, entities } = analysis;
  const owned = entities.filter(({ owner }) => owner !== undefined);
  return [
    '# Modules and what stops their extraction',
    '',
    `${summaryOf(analysis)}.`,
    '',
    '| module | score | high | medium | low | calls/request | verdict |',
    '| --- | ---: | ---: | ---: | ---: | ---: | --- |',
    ...inOrder(analysis).map(
      (each) =>
        `| ${text(each.name)} | ${each.score} | ${each.counts.high} | ${each.counts.medium} | ${each.counts.low} | ${callsText(each)} | **${each.verdict}**: ${text(each.reason)} |`,
    ),
    '',
    `**Extract first to last:** ${order.map(text).join(', ') || 'nothing'}`,
    '',
    ...(owned.length > 0
      ? [
          '## Who owns which data',
          '',
          '| entity | module | because |',
          '| --- | --- | --- |',
          ...owned.map(({ name, owner, reason }) => `| ${text(name)} | ${text(owner!)} | ${text(reason)} |`),
          '',
        ]
      : []),
    ...inOrder(analysis).flatMap((each) => section(each, findings)),
    ...section({ name: '(shared code)', contracts: [] }, findings),
  ].join('\n');
}

function section(
  { name, contracts }: Pick<ModuleReport, 'name' | 'contracts'>,
  findings: readonly Finding[],
): string[] {
  const own = findings.filter((each) => touches(each, name));
  if (own.length === 0 && contracts.length === 0) return [];
  return [
    `## ${text(name)}`,
    '',
    ...own.flatMap(({ severity, kind, subject, module, other, file, lines, why, wayOut }) => [
      `- **${severity}** ${kind} \`${subject}\` (${text(module)}${other ? ` → ${text(other)}` : ''}): \`${file}:${lines.join(',')}\``,
      `  ${text(why)}. *Way out:* ${text(wayOut)}`,
    ]),
    ...(own.length > 0 ? [''] : []),
    ...contracts.flatMap(({ service, methods, source }) => [
      `The contract that ${service} would need:`,
      '',
      '```ts',
      ...methods.map(
        ({ name: method, signature, callers }) => `// ${method}${signature}: called by ${callers.join(', ')}`,
      ),
      source.trimEnd(),
      '```',
      '',
    ]),
  ];
}

/** Names come from the code, and may have characters of Markdown. */
const text = (value: string) => value.replaceAll(/[\\`*_{}[\]<>|#]/g, String.raw`\$&`);
