/** A place that a codemod cannot change by itself, or that needs a review. */
export interface Finding {
  /** `src/orders/orders.service.ts:12`. */
  readonly where: string;
  readonly what: string;
  /** What to do about it. */
  readonly wayOut: string;
  /** Whether the codemod leaves everything as it is because of it. */
  readonly stops: boolean;
}

export const formatFinding = ({ where, what, wayOut }: Finding): string =>
  `  ${where}: ${what}\n    ${wayOut}`;
