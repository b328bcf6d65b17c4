/** `page`: act now, users notice. `ticket`: act within a working day. */
export type Severity = 'page' | 'ticket';

/** An alert of Prometheus. Its runbook is the section of the same name in the guide. */
export interface Alert {
  readonly name: string;
  readonly expr: string;
  /** How long the expression must hold, as Prometheus writes durations. */
  readonly for: string;
  readonly severity: Severity;
  /** One line for the operator, a template of Prometheus over the labels of `expr`. */
  readonly summary: string;
}

/** A value that Prometheus computes at each evaluation and stores as a series. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Where the runbooks are, in the repository and at `/guide` of a host. */
export const RUNBOOKS = 'docs/guide/monitoring.md';

/** Returns the link to the runbook of an alert. */
export const runbookOf = ({ name }: Pick<Alert, 'name'>) => `${RUNBOOKS}#${name.toLowerCase()}`;
