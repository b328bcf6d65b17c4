/** What a setting with a URL expects. */
export interface UrlRules {
  /** E.g. `redis://host:6379`. */
  readonly example: string;
  /** The schemes it may have, e.g. `redis`. */
  readonly schemes: readonly string[];
  /** Returns the mistake in a URL that is otherwise right, e.g. `its database is not a number`. */
  readonly check?: (url: URL) => string | undefined;
}

const HOST = /^(\[[\da-f:.]+\]|[\p{L}\p{N}_.-]+|%2f[^/]*)$/iu;

/**
 * Returns what is wrong with a URL, what is expected, and what to do, without quoting any of it, as it may hold a password.
 * Returns undefined for a right one. `new URL` says "Invalid URL", or takes a part of the password for the host.
 */
export function urlMistake(text: string, { example, schemes, check }: UrlRules): string | undefined {
  const mistake =
    mistakeInText(text, schemes) ??
    mistakeInAuthority(text) ??
    (URL.canParse(text) ? check?.(new URL(text)) : 'it is not a URL');
  return mistake && `expected a URL such as ${example}; ${mistake}`;
}

function mistakeInText(text: string, schemes: readonly string[]): string | undefined {
  if (text !== text.trim()) return 'it begins or ends with a blank; remove the blank';
  if (/^["'`]|["'`]$/.test(text)) return 'it begins or ends with a quote; remove the quotes';
  const starts = schemes.map((scheme) => `${scheme}://`);
  if (!starts.some((start) => text.startsWith(start))) return `it does not begin with ${starts.join(' or ')}`;
  // oxlint-disable-next-line no-control-regex -- it looks for control characters
  if (/[\s\u0000-\u001F\u007F]/.test(text))
    return 'it contains a blank or a control character; write a blank as %20';
  if (text.includes('#')) return "it contains '#', which ends a URL; write '#' in a password as %23";
  if (/%(?![\da-f]{2})/i.test(text))
    return "it contains '%' without two hexadecimal digits; write '%' in a password as %25";
  if (/[<>]/.test(text))
    return "it contains '<' or '>'; replace the placeholder, or write them in a password as %3C and %3E";
  return isDecodable(text) ? undefined : 'it contains an escape such as %ff that is not UTF-8; correct it';
}

function mistakeInAuthority(text: string): string | undefined {
  const [, authority = '', rest = ''] = /^[a-z]+:[/]{2}([^/?]*)(.*)$/.exec(text) ?? [];
  const [address, ...credentials] = authority.split('@').toReversed();
  if (credentials.length > 1) return "it contains several '@'; write '@' in a password as %40";
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(address!) ?? [];
  const isPort =
    port === undefined || (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535);
  if ((!isPort || credentials.length === 0) && rest.includes('@'))
    return "it contains '/' or '?' before '@'; write them in a password as %2F and %3F";
  if (!isPort) return 'its port is not a number from 1 to 65535';
  if (host === '') return /[?&]host=/.test(rest) ? undefined : 'it names no host';
  return HOST.test(host) ? undefined : 'its host contains a character that no host has';
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
