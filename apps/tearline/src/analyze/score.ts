import type { Finding, Severity } from './finding.js';

const POINTS: Record<Severity, number> = { high: 8, medium: 3, low: 0.5 };
/** Points at which the score is 50. */
const HALF = 50;

export const pointsOf = (findings: readonly Finding[]): number =>
  findings.reduce((sum, { severity }) => sum + POINTS[severity], 0);

/** From 100, without findings, towards 0. */
export const scoreOf = (findings: readonly Finding[]): number =>
  Math.round((100 * HALF) / (HALF + pointsOf(findings)));

/** Whether a finding is in the way of a module: in its code, or in code that depends on it. */
export const touches = ({ module, other }: Finding, name: string): boolean =>
  module === name || other === name;
