import type { TokenJar } from './token-jar.js';

/** An HTTP answer. `body` is the parsed JSON, or undefined when the answer is not JSON; its type is the caller's claim. */
export interface Reply<T = unknown> {
  status: number;
  headers: Headers;
  body: T;
  text: string;
}

/** A request as sent and what came of it. */
export interface Exchange {
  method: string;
  path: string;
  reply: Reply;
}

/**
 * A small HTTP client on the global `fetch`. Paths are absolute (`/api/user`) and are sent as they are given.
 *
 * @param token sent as `Authorization: Token <token>` unless a request brings an authorization header of its own
 * @param inspect sees every exchange, and fails the caller's request by throwing
 * @param jar keeps the consistency tokens of all who share it: each of them sees what any of them has written
 */
export class Api {
  constructor(
    readonly baseUrl: string,
    readonly token?: string,
    private readonly inspect: (exchange: Exchange) => void = () => {},
    private readonly jar?: TokenJar,
  ) {}

  /** The same client with another token; with none, an anonymous one. */
  as(token?: string): Api {
    return new Api(this.baseUrl, token, this.inspect, this.jar);
  }

  get<T = unknown>(path: string, headers?: Record<string, string>): Promise<Reply<T>> {
    return this.send<T>('GET', path, undefined, headers);
  }

  post<T = unknown>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply<T>> {
    return this.send<T>('POST', path, body, headers);
  }

  put<T = unknown>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply<T>> {
    return this.send<T>('PUT', path, body, headers);
  }

  del<T = unknown>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply<T>> {
    return this.send<T>('DELETE', path, body, headers);
  }

  /** Sends `body` as JSON, or nothing at all (not even a content type) when it is undefined. */
  async send<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply<T>> {
    const sent = new Headers(headers);
    if (this.token !== undefined && !sent.has('authorization')) {
      sent.set('authorization', `Token ${this.token}`);
    }
    if (body !== undefined && !sent.has('content-type')) {
      sent.set('content-type', 'application/json');
    }
    const { tokens = [], isMore = false } = this.jar?.take() ?? {};
    if (tokens.length > 0) sent.set('consistency-token', tokens.join());
    if (isMore) sent.set('consistency', 'strong');
    const response = await fetch(this.baseUrl + path, {
      method,
      headers: sent,
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    this.jar?.put(tokens, response.headers.get('consistency-token'));
    const text = await response.text();
    const reply = replyOf(response.status, response.headers, text);
    this.inspect({ method, path, reply });
    return reply as Reply<T>;
  }
}

/** A reply from its parts. JSON that does not parse is an error: a server that says JSON must send it. */
export function replyOf(status: number, headers: Headers, text: string): Reply {
  const isJson = /^application\/([\w.-]+\+)?json\b/.test(headers.get('content-type') ?? '');
  const body: unknown = isJson && text !== '' ? JSON.parse(text) : undefined;
  return { status, headers, body, text };
}
