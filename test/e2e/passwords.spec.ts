import { describe, expect, it } from 'vitest';
import { newUser, register, type UserBody } from '../support/conduit.js';
import { api } from './client.js';

const composed = 'caf\u00e9 au lait';
const decomposed = 'cafe\u0301 au lait';

const accepted = {
  'of 8 characters': 'abcdefgh',
  'of 128 characters': 'x'.repeat(128),
  'of 8 characters outside the basic plane': '🔑'.repeat(8),
  'of 128 characters outside the basic plane': '🔑'.repeat(128),
  'of Korean syllables': '비밀번호는길어야좋다',
  'with spaces around it': '  open sesame  ',
  'with control characters': 'tab\tand\nnewline',
  'with quotes and backslashes': `'";\\ DROP TABLE--`,
};

const refused = {
  'of 7 characters': 'abcdefg',
  'of 129 characters': 'x'.repeat(129),
  'of 7 characters that take 14 code units': '🔑'.repeat(7),
  'of 129 characters outside the basic plane': '🔑'.repeat(129),
};

function login(email: string, password: string) {
  return api.post<UserBody>('/api/users/login', { user: { email, password } });
}

describe('a password', () => {
  it.each(Object.entries(accepted))('%s is accepted, and opens the account as it is', async (_, password) => {
    const { email, username } = await register(api, { password });
    const reply = await login(email, password);
    expect(reply).toHaveStatus(200);
    expect(reply.body.user.username).toBe(username);
  });

  it.each(Object.entries(refused))('%s is refused', async (_, password) => {
    const reply = await api.post('/api/users', { user: newUser({ password }) });
    expect(reply).toBeRefusedFor(422, 'password');
    const { api: mine } = await register(api);
    expect(await mine.put('/api/user', { user: { password } })).toBeRefusedFor(422, 'password');
  });

  it('is not trimmed', async () => {
    const { email } = await register(api, { password: '  open sesame  ' });
    expect(await login(email, 'open sesame')).toBeRefused(401, { credentials: ['invalid'] });
  });

  it('is not normalised', async () => {
    const { email } = await register(api, { password: composed });
    expect(await login(email, decomposed)).toBeRefused(401, { credentials: ['invalid'] });
  });

  it('counts to its last character', async () => {
    const { email } = await register(api, { password: `${'x'.repeat(127)}y` });
    expect(await login(email, `${'x'.repeat(127)}z`)).toBeRefused(401, { credentials: ['invalid'] });
  });

  it('is case-sensitive', async () => {
    const { email } = await register(api, { password: 'Open Sesame' });
    expect(await login(email, 'open sesame')).toBeRefused(401, { credentials: ['invalid'] });
  });
});
