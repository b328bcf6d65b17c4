import { Api, type Reply } from './api-client.js';
import type { Person } from './conduit.js';

export interface SessionBody {
  session: {
    id: string;
    userAgent: string;
    createdAt: string;
    lastUsedAt: string;
    expiresAt: string;
    current: boolean;
  };
  csrfToken: string;
}

/** A browser with one cookie: the one that a host has set last. Its pages are of the server's own origin. */
export class Browser {
  cookie: string | undefined;
  /** The whole header. */
  setCookie: string | undefined;
  csrfToken: string | undefined;

  /**
   * @param api an anonymous client
   * @param userAgent of its requests
   */
  constructor(
    readonly api: Api,
    private readonly userAgent = 'browser of a test',
  ) {}

  async logIn({ email, password }: Pick<Person, 'email' | 'password'>): Promise<Reply<SessionBody>> {
    return this.send('POST', '/api/sessions', { user: { email, password } });
  }

  /** @param headers in place of those that a browser sends for a page of the same origin; an empty one is left out */
  async send<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply<T>> {
    const isRead = method === 'GET';
    const all = {
      'user-agent': this.userAgent,
      'sec-fetch-site': 'same-origin',
      ...(!isRead && { origin: this.api.baseUrl }),
      ...(this.cookie && { cookie: this.cookie }),
      ...(!isRead && this.csrfToken && { 'x-csrf-token': this.csrfToken }),
      ...headers,
    };
    const sent = Object.entries(all).filter(([, value]) => value !== '');
    const reply = await this.api.send<T>(method, path, body, Object.fromEntries(sent));
    this.csrfToken = reply.headers.get('x-csrf-token') ?? this.csrfToken;
    const set = reply.headers.getSetCookie().find((cookie) => !cookie.startsWith('written='));
    if (set !== undefined) {
      this.setCookie = set;
      const [pair = ''] = set.split(';');
      this.cookie = pair.endsWith('=') ? undefined : pair;
    }
    return reply;
  }

  get<T = unknown>(path: string, headers?: Record<string, string>): Promise<Reply<T>> {
    return this.send<T>('GET', path, undefined, headers);
  }
}
