import type { Analysis, ModuleReport } from '../analysis.js';

export const count = (value: number, noun: string): string =>
  `${value.toLocaleString('en')} ${noun}${value === 1 ? '' : 's'}`;

/** `27 modules, 418 findings (80 high, 120 medium, 218 low), 27,149 lines in 338 files`. */
export function summaryOf({ modules, findings, application, known }: Analysis): string {
  const of = (severity: string) => findings.filter((each) => each.severity === severity).length;
  return [
    count(modules.length, 'module'),
    `${count(findings.length, 'finding')} (${of('high')} high, ${of('medium')} medium, ${of('low')} low)`,
    ...(known > 0 ? [`${known} more known in the baseline`] : []),
    `${count(application.lines, 'line')} in ${count(application.files, 'file')}`,
  ].join(', ');
}

/** Modules in the order in which they are shown: the order of extraction, then those that stay. */
export function inOrder({ modules, order }: Analysis): ModuleReport[] {
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return modules.toSorted((one, other) => rank(one.name) - rank(other.name));
}

/** Numbers of calls for each request are rarely whole. */
export const callsText = ({ callsPerRequest }: ModuleReport): string =>
  callsPerRequest === undefined ? '' : callsPerRequest.toFixed(2);
