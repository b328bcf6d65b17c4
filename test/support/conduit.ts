import { randomBytes } from 'node:crypto';
import type { Api } from './api-client.js';

export interface User {
  username: string;
  email: string;
  token: string;
  bio: string | null;
  image: string | null;
}

export interface Profile {
  username: string;
  bio: string | null;
  image: string | null;
  following: boolean;
}

export interface ArticleSummary {
  slug: string;
  title: string;
  description: string;
  tagList: string[];
  createdAt: string;
  updatedAt: string;
  favorited: boolean;
  favoritesCount: number;
  author: Profile;
}

export interface Article extends ArticleSummary {
  body: string;
}

export interface Comment {
  id: number;
  createdAt: string;
  updatedAt: string;
  body: string;
  author: Profile;
}

export interface UserBody {
  user: User;
}

export interface ProfileBody {
  profile: Profile;
}

export interface ArticleBody {
  article: Article;
}

export interface ArticlesBody {
  articles: ArticleSummary[];
  articlesCount: number;
}

export interface CommentBody {
  comment: Comment;
}

export interface CommentsBody {
  comments: Comment[];
}

export interface TagsBody {
  tags: string[];
}

export interface ErrorBody {
  errors: Record<string, string[]>;
}

/** A registered user, with a client that is logged in. */
export interface Person {
  api: Api;
  username: string;
  email: string;
  password: string;
  token: string;
}

/** Returns a unique word, so that tests share a server with other tests and other data. */
export function unique(prefix: string): string {
  return `${prefix}${randomBytes(6).toString('hex')}`;
}

/** What a registration sends. */
export function newUser(overrides: Record<string, unknown> = {}) {
  const username = unique('user');
  return { username, email: `${username}@example.com`, password: 'correct horse battery', ...overrides };
}

/** What a publication sends. */
export function newArticle(overrides: Record<string, unknown> = {}) {
  return {
    title: `How to ${unique('train')}`,
    description: 'Ever wonder how?',
    body: 'You have to believe.',
    ...overrides,
  };
}

/** Registers a new person. */
export async function register(api: Api, overrides: Record<string, string> = {}): Promise<Person> {
  const sent = { ...newUser(), ...overrides };
  const reply = await api.as().post<UserBody>('/api/users', { user: sent });
  if (reply.status !== 201) {
    throw new Error(`registration answered ${reply.status}: ${reply.text}`);
  }
  const { token } = reply.body.user;
  return { ...sent, api: api.as(token), token };
}

/** Publishes an article. */
export async function publish(author: Person, overrides: Record<string, unknown> = {}): Promise<Article> {
  const reply = await author.api.post<ArticleBody>('/api/articles', { article: newArticle(overrides) });
  if (reply.status !== 201) {
    throw new Error(`publication answered ${reply.status}: ${reply.text}`);
  }
  return reply.body.article;
}

/** Publishes articles one after the other; the last is the newest. */
export async function publishMany(author: Person, count: number, overrides: Record<string, unknown> = {}) {
  const articles: Article[] = [];
  for (let index = 0; index < count; index += 1) {
    articles.push(await publish(author, overrides));
  }
  return articles;
}

/** Comments on an article. */
export async function comment(author: Person, slug: string, body = 'Well said.'): Promise<Comment> {
  const path = `${articlePath(slug)}/comments`;
  const reply = await author.api.post<CommentBody>(path, { comment: { body } });
  if (reply.status !== 201) {
    throw new Error(`comment answered ${reply.status}: ${reply.text}`);
  }
  return reply.body.comment;
}

/** Marks an article as a favorite and gives it back as its fan sees it. */
export async function favorite(fan: Person, slug: string): Promise<Article> {
  const reply = await fan.api.post<ArticleBody>(`${articlePath(slug)}/favorite`);
  if (reply.status !== 200) {
    throw new Error(`favorite answered ${reply.status}: ${reply.text}`);
  }
  return reply.body.article;
}

/** Follows a user. @returns the profile of the followee */
export async function follow(follower: Person, followee: Person): Promise<Profile> {
  const reply = await follower.api.post<ProfileBody>(`${profilePath(followee.username)}/follow`);
  if (reply.status !== 200) {
    throw new Error(`follow answered ${reply.status}: ${reply.text}`);
  }
  return reply.body.profile;
}

/** The path of an article. */
export function articlePath(slug: string): string {
  return `/api/articles/${encodeURIComponent(slug)}`;
}

/** The path of a profile. */
export function profilePath(username: string): string {
  return `/api/profiles/${encodeURIComponent(username)}`;
}
