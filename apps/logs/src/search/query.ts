import { literal } from '../store/sql.js';

/** What to search for. All that is given must hold. */
export interface Criteria {
  readonly since: Date;
  readonly until?: Date;
  readonly trace?: string;
  readonly request?: string;
  /** This level or a higher one, as pino numbers them. */
  readonly level?: number;
  readonly module?: string;
  /** A text in the line. */
  readonly text?: string;
}

/** Returns the condition of the lines to find. */
export function conditionOf(criteria: Criteria): string {
  const { since, until, trace, request, level, module, text } = criteria;
  const conditions = [
    `time >= ${timestamp(since)}`,
    until && `time < ${timestamp(until)}`,
    trace && `trace_id = ${literal(trace)}`,
    request && `request_id = ${literal(request)}`,
    level && `level >= ${level}`,
    // A host of one module is named after it.
    module && `coalesce(module, service) = ${literal(module)}`,
    text && `contains(line, ${literal(text)})`,
  ];
  return conditions.filter(Boolean).join(' and ');
}

const timestamp = (date: Date) => `epoch_ms(${date.getTime()})`;
