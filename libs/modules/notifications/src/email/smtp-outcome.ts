/**
 * The outcome of a failed attempt: the server rejects the message for good (`refused`), did not accept it (`failed`), or may have
 * accepted it and its reply was lost (`unknown`).
 */
export type Outcome = 'refused' | 'failed' | 'unknown';

/** Error codes of nodemailer that occur before any command is sent. */
const CODES_BEFORE_SENDING = new Set([
  'EDNS',
  'EAUTH',
  'ENOAUTH',
  'EOAUTH2',
  'ETLS',
  'EREQUIRETLS',
  'EPROXY',
  'ECONFIG',
]);

/** The relevant fields of nodemailer's errors. */
interface SmtpError {
  code?: string;
  /** The status code of the server's reply. */
  responseCode?: number;
  syscall?: string;
  timeoutType?: string;
}

/** Classifies an error of nodemailer. */
export function smtpOutcomeOf(error: unknown): Outcome {
  const { code = '', responseCode, syscall, timeoutType } = (error ?? {}) as SmtpError;
  // Wrong credentials are a configuration error, not an error of the message.
  if (CODES_BEFORE_SENDING.has(code)) return 'failed';
  const isOfMessage = code === 'EENVELOPE' || code === 'EMESSAGE';
  if (responseCode !== undefined) return isOfMessage && responseCode >= 500 ? 'refused' : 'failed';
  // nodemailer itself rejects invalid addresses.
  if (code === 'EENVELOPE') return 'refused';
  const neverConnected =
    syscall === 'connect' || (timeoutType !== undefined && timeoutType !== 'SOCKET_TIMEOUT');
  return neverConnected ? 'failed' : 'unknown';
}
