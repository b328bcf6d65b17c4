import type { ts } from 'ts-morph';
import type { FeatureModule } from '../project/feature-module.js';

export const severities = ['high', 'medium', 'low'] as const;
export type Severity = (typeof severities)[number];

export const findingKinds = [
  'transaction',
  'relation',
  'data-access',
  'join',
  'raw-sql',
  'callback',
  'circle',
  'event',
  'request-scope',
  'state',
  'global-module',
  'injection',
  'cache',
  'shared-value',
] as const;
export type FindingKind = (typeof findingKinds)[number];

/** What a detector has seen at one place. */
export interface Observation {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** The module of the code; undefined for code that belongs to none. */
  readonly module: FeatureModule | undefined;
  /** The module that it depends on. */
  readonly other?: FeatureModule | undefined;
  readonly at: ts.Node | { readonly file: string; readonly line: number };
  /** The class, entity or name that it is about. */
  readonly subject: string;
  /** One sentence. */
  readonly why: string;
}

/** Something that stops the extraction of a module. */
export interface Finding {
  /** Stays the same when lines move. */
  readonly id: string;
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** The module of the code, or {@link SHARED_CODE}. */
  readonly module: string;
  /** The module that the code depends on, if there is one. */
  readonly other: string | undefined;
  /** Relative to the root of the repository. */
  readonly file: string;
  readonly line: number;
  /** All places in the file, with `line` as the first. */
  readonly lines: readonly number[];
  readonly subject: string;
  readonly why: string;
  readonly wayOut: string;
}

/** The module of code that belongs to none. */
export const SHARED_CODE = '(shared code)';
