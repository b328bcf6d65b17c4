import { Api } from '../../support/api-client.js';
import {
  type Article,
  articlePath,
  comment,
  favorite,
  follow,
  newArticle,
  newUser,
  type Person,
  profilePath,
  publish,
  register,
} from '../../support/conduit.js';
import { formWith, picture } from '../../support/media.js';

/** One operation of the API, and the module that serves it. */
export interface Operation {
  readonly name: string;
  readonly module: string;
  readonly send: (signal: AbortSignal) => Promise<Response>;
}

/**
 * What is on the site of the test: an author with an article, and a reader who follows the author. Others write: who has just written
 * to a module must see it, and needs that module.
 */
export class Site {
  private constructor(
    private readonly url: string,
    private readonly author: Person,
    private readonly reader: Person,
    private readonly writer: Person,
    private readonly follower: Person,
    private readonly member: Person,
    private readonly article: Article,
    private readonly image: Buffer,
  ) {}

  static async fill(url: string): Promise<Site> {
    const api = new Api(url);
    const [author, reader, writer, follower, member] = await Promise.all([
      register(api),
      register(api),
      register(api),
      register(api),
      register(api),
    ]);
    const article = await publish(author, { tagList: ['degradation'] });
    await follow(reader, author);
    await comment(writer, article.slug);
    await favorite(writer, article.slug);
    return new Site(
      url,
      author,
      reader,
      writer,
      follower,
      member,
      article,
      await picture('png', { width: 64, height: 64 }),
    );
  }

  /** Reads first: what a page shows is then in the caches, as it is for a page that others have read shortly before. */
  get operations(): readonly Operation[] {
    const { author, reader, writer, follower, member } = this;
    const path = articlePath(this.article.slug);
    const byAuthor = `/api/articles?author=${encodeURIComponent(author.username)}`;
    return [
      this.#read('articles', '/api/articles'),
      this.#read('articles', '/api/articles?tag=degradation'),
      this.#read('articles', '/api/articles?author={username}', byAuthor),
      this.#read('articles', '/api/articles/{slug}', path),
      this.#read('articles', '/api/articles/{slug}, signed in', path, reader),
      this.#read('articles', '/api/articles/feed', '/api/articles/feed', reader),
      this.#read('articles', '/api/tags'),
      this.#read('comments', '/api/articles/{slug}/comments', `${path}/comments`),
      this.#read('comments', '/api/articles/{slug}/comments, signed in', `${path}/comments`, reader),
      this.#read('social', '/api/profiles/{username}', profilePath(author.username)),
      this.#read('social', '/api/profiles/{username}, signed in', profilePath(author.username), reader),
      this.#read('notifications', '/api/notifications', '/api/notifications', author),
      this.#read('notifications', '/api/notifications/unread-count', undefined, author),
      this.#read('identity', '/api/user', '/api/user', reader),
      this.#write('articles', 'POST /api/articles', '/api/articles', author, () => ({
        article: newArticle(),
      })),
      this.#write(
        'articles',
        'PUT /api/articles/{slug}',
        path,
        author,
        () => ({ article: { body: 'Again.' } }),
        'PUT',
      ),
      this.#write('articles', 'POST /api/articles/{slug}/favorite', `${path}/favorite`, writer),
      this.#write('comments', 'POST /api/articles/{slug}/comments', `${path}/comments`, writer, () => ({
        comment: { body: 'Well said.' },
      })),
      this.#write(
        'social',
        'POST /api/profiles/{username}/follow',
        `${profilePath(author.username)}/follow`,
        follower,
      ),
      this.#write('identity', 'POST /api/users', '/api/users', undefined, () => ({ user: newUser() })),
      this.#write('identity', 'POST /api/users/login', '/api/users/login', undefined, () => ({
        user: { email: reader.email, password: reader.password },
      })),
      this.#write(
        'identity',
        'PUT /api/user',
        '/api/user',
        member,
        () => ({ user: { bio: 'Reads.' } }),
        'PUT',
      ),
      {
        name: 'POST /api/media',
        module: 'media',
        send: (signal) =>
          this.#fetch('/api/media', { method: 'POST', body: formWith(this.image), signal }, author.token),
      },
    ];
  }

  #read(module: string, name: string, path = name, as?: Person): Operation {
    return { name: `GET ${name}`, module, send: (signal) => this.#fetch(path, { signal }, as?.token) };
  }

  #write(
    module: string,
    name: string,
    path: string,
    as?: Person,
    body?: () => unknown,
    method: 'POST' | 'PUT' = 'POST',
  ): Operation {
    const send = (signal: AbortSignal) =>
      this.#fetch(
        path,
        {
          method,
          signal,
          ...(body && { body: JSON.stringify(body()), headers: { 'content-type': 'application/json' } }),
        },
        as?.token,
      );
    return { name, module, send };
  }

  #fetch(path: string, init: RequestInit, token?: string): Promise<Response> {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Token ${token}`);
    return fetch(this.url + path, { ...init, headers });
  }
}
