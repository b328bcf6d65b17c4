/** Parts of the names of parameters whose values are confidential; `author` is none. */
const SECRET_NAME =
  /token|ticket|passw|passphrase|pwd|secret|key|code|signature|auth(?!or(?!i[sz]))|jw[tse]|bearer|credential|session|cookie|assertion|otp|(?:^|[^a-z])(?:sig|sid|pin|pass|cred|hmac)(?![a-z])/i;
const REDACTED = '[redacted]';
const ENCODED_DELIMITER = /%(?:25)*(?:3[fb]|26)/i;
/** Bounds the work for a text that is encoded many times in different ways. */
const MAX_DECODINGS = 3;

/**
 * Returns a URL without the values of confidential parameters. Their names may be percent-encoded, `;` separates parameters too, and
 * a value that is a URL itself is checked for such parameters.
 */
export function redactUrl(url: string): string {
  if (!url.includes('%') && !SECRET_NAME.test(url)) return url;
  const [path = '', ...parts] = url.split(/(?=[?&;])/);
  return [redactPath(path), ...parts.map(redactPart)].join('');
}

/** A path may hold an encoded query. */
function redactPath(path: string): string {
  const at = path.search(ENCODED_DELIMITER);
  return at >= 0 && hasSecret(decode(path.slice(at))) ? path.slice(0, at) + REDACTED : path;
}

/** @param part a delimiter, a name, `=` and a value */
function redactPart(part: string): string {
  const [delimiter = ''] = part;
  const decoded = decode(part.slice(1));
  if (!hasSecret(delimiter + decoded)) return part;
  const equals = part.search(/=|%(?:25)*3d/i);
  return equals < 0 ? part : part.slice(0, equals) + '=' + REDACTED;
}

const hasSecret = (decoded: string): boolean =>
  [...decoded.matchAll(/[?&;]([^=&;?]*)=/g)].some(([, name]) => SECRET_NAME.test(name!));

function decode(text: string): string {
  let decoded = text;
  for (let index = 0; index < MAX_DECODINGS && decoded.includes('%'); index += 1)
    decoded = decoded.replaceAll(/%(?:25)*([\da-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    );
  return decoded;
}
