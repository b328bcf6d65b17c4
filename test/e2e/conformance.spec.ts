import { describe, expect, it } from 'vitest';
import { replyOf } from '../support/api-client.js';
import { conform } from './conformance.js';

const json = new Headers({ 'content-type': 'application/json; charset=utf-8' });
const profile = { username: 'jake', bio: null, image: null, following: false };

function answered(path: string, status: number, body: unknown, headers = json) {
  return () => conform({ method: 'GET', path, reply: replyOf(status, headers, JSON.stringify(body)) });
}

describe('the check of answers against the API description', () => {
  it('accepts what the description documents', () => {
    expect(answered('/api/profiles/jake', 200, { profile })).not.toThrow();
    expect(answered('/api/profiles/jake', 404, { errors: { profile: ['not found'] } })).not.toThrow();
    expect(answered('/api/articles?limit=1', 200, { articles: [], articlesCount: 0 })).not.toThrow();
  });

  it('refuses a property that the description does not name, at any depth', () => {
    expect(answered('/api/profiles/jake', 200, { profile: { ...profile, email: 'j@ke' } })).toThrow('email');
    expect(answered('/api/profiles/jake', 200, { profile, extra: 1 })).toThrow('extra');
  });

  it('refuses a property that is missing or of another type', () => {
    expect(answered('/api/profiles/jake', 200, { profile: { ...profile, bio: undefined } })).toThrow('bio');
    expect(answered('/api/profiles/jake', 200, { profile: { ...profile, following: null } })).toThrow(
      'following',
    );
    expect(answered('/api/articles', 200, { articles: [{ author: profile }], articlesCount: 1 })).toThrow(
      'slug',
    );
  });

  it('refuses a status that the operation does not document', () => {
    expect(answered('/api/profiles/jake', 201, { profile })).toThrow('documents no such status');
    expect(answered('/api/profiles/jake', 500, { errors: { server: ['failed'] } })).toThrow('no such status');
  });

  it('refuses a refusal that is not in the error form', () => {
    expect(answered('/nowhere', 404, { message: 'Not Found' })).toThrow('message');
    expect(answered('/nowhere', 404, { errors: {} })).toThrow('names no field');
    expect(answered('/nowhere', 404, { errors: { path: [] } })).toThrow('path');
    expect(answered('/nowhere', 404, '<h1>', new Headers({ 'content-type': 'text/html' }))).toThrow(
      'text/html',
    );
  });
});
