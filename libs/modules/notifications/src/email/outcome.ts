/**
 * What is known of a message whose sending failed: the server will never take it (`refused`), has not taken it (`failed`),
 * or may have taken it and its answer was lost (`unknown`).
 */
export type Outcome = 'refused' | 'failed' | 'unknown';

/** What goes wrong before the server is told anything. */
const BEFORE = new Set(['EDNS', 'EAUTH', 'ENOAUTH', 'EOAUTH2', 'ETLS', 'EREQUIRETLS', 'EPROXY', 'ECONFIG']);

/** The fields of nodemailer's errors that tell. */
interface SmtpError {
  code?: string;
  /** What the server answered. */
  responseCode?: number;
  syscall?: string;
  timeoutType?: string;
}

/** Reads an error of nodemailer. */
export function outcomeOf(error: unknown): Outcome {
  const { code = '', responseCode, syscall, timeoutType } = (error ?? {}) as SmtpError;
  // Wrong credentials are the host's fault, not the message's: they will be mended.
  if (BEFORE.has(code)) return 'failed';
  const isOfMessage = code === 'EENVELOPE' || code === 'EMESSAGE';
  if (responseCode !== undefined) return isOfMessage && responseCode >= 500 ? 'refused' : 'failed';
  // By nodemailer's own judgement, of an address that is none.
  if (code === 'EENVELOPE') return 'refused';
  const neverConnected =
    syscall === 'connect' || (timeoutType !== undefined && timeoutType !== 'SOCKET_TIMEOUT');
  return neverConnected ? 'failed' : 'unknown';
}
