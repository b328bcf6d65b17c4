/** The JetStream stream, which `npm run logs -- serve` creates. */
export const STREAM_NAME = 'LOGS';

/** Where hosts publish. */
export const LINES_SUBJECT = 'logs.lines';
