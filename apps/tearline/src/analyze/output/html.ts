import type { Analysis, ModuleReport } from '../analysis.js';
import { type Finding, SHARED_CODE } from '../finding.js';
import { touches } from '../score.js';
import { escape } from './escape.js';
import { toSvg } from './graph-svg.js';
import { script, style } from './page-assets.js';
import { callsText, inOrder, summaryOf } from './summary.js';

/** Renders an analysis as one page that needs no network. */
export function toHtml(analysis: Analysis): string {
  const { findings, order, entities } = analysis;
  const rows = inOrder(analysis);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Modules and what stops their extraction</title>
<style>${style}</style>
</head>
<body>
<h1>Modules and what stops their extraction</h1>
<p>${escape(summaryOf(analysis))}.</p>
<div class="picture">${toSvg(analysis)}</div>
<p class="legend"><span class="high">high</span> <span class="medium">medium</span> <span class="low">low</span> The number is the score: 100 has nothing in the way. Select a module to see its findings alone; select it again to see all.</p>
<p><strong>Extract first to last:</strong> ${order.map((name) => `<a href="#${idOf(name)}">${escape(name)}</a>`).join(', ') || 'nothing'}</p>
<table>
<thead><tr><th>module<th>score<th>high<th>medium<th>low<th>calls/request<th>verdict</tr></thead>
<tbody>${rows.map(row).join('\n')}</tbody>
</table>
<details><summary>Who owns which data</summary><table>
<thead><tr><th>entity<th>module<th>because</tr></thead>
<tbody>${entities.map(({ name, owner, reason }) => `<tr><td>${escape(name)}<td>${escape(owner ?? '')}<td>${escape(reason)}</tr>`).join('\n')}</tbody>
</table></details>
${[...rows, { name: SHARED_CODE, contracts: [] }].map((each) => section(each, findings)).join('\n')}
<script>${script}</script>
</body>
</html>
`;
}

const idOf = (name: string) => `module-${encodeURIComponent(name)}`;

const row = (each: ModuleReport) =>
  `<tr><td><a href="#${idOf(each.name)}">${escape(each.name)}</a><td>${each.score}<td>${each.counts.high}<td>${each.counts.medium}<td>${each.counts.low}<td>${callsText(each)}<td><strong>${each.verdict}</strong>: ${escape(each.reason)}</tr>`;

function section(
  { name, contracts }: Pick<ModuleReport, 'name' | 'contracts'>,
  findings: readonly Finding[],
): string {
  const own = findings.filter((each) => touches(each, name));
  if (own.length === 0 && contracts.length === 0) return '';
  return `<section id="${idOf(name)}" data-name="${escape(name)}">
<h2>${escape(name)}</h2>
<ul>${own.map(item).join('\n')}</ul>
${contracts
  .map(
    ({ service, source, methods }) =>
      `<details><summary>The contract that ${escape(service)} would need</summary><pre>${escape(methods.map((each) => `// ${each.name}${each.signature}: called by ${each.callers.join(', ')}\n`).join('') + source)}</pre></details>`,
  )
  .join('\n')}
</section>`;
}

const item = ({ severity, kind, subject, module, other, file, lines, why, wayOut }: Finding) =>
  `<li class="${severity}"><b>${severity}</b> ${kind} <code>${escape(subject)}</code> ${escape(module)}${other ? ` → ${escape(other)}` : ''} <code>${escape(file)}:${lines.join(',')}</code><br>${escape(why)}. <i>${escape(wayOut)}</i></li>`;
