import { AttemptLimiter, MemoryAttempts } from '@tearline/auth';
import type { ReadCache } from '@tearline/cache';
import type { Transactions } from '@tearline/database';
import { expect, it } from 'vitest';
import type { IdentitySettings } from './identity.settings.js';
import type { LoginService } from './login.service.js';
import { NameLocks } from './name-locks.js';
import type { PasswordsService } from './passwords.service.js';
import { RegistrationLimit } from './registration-limit.js';
import { RegistrationService } from './registration.service.js';
import type { TokenSigner } from './token-signer.js';
import type { UserReads } from './user-reads.js';

it('attempts to register are limited for each network, also those that fail', async () => {
  const registrations = new RegistrationService(
    { findReply: async () => undefined } as unknown as Transactions,
    new RegistrationLimit(
      { REGISTRATIONS_PER_MINUTE: 3 } as IdentitySettings,
      new AttemptLimiter(new MemoryAttempts()),
    ),
    { taken: async () => 'username' } as unknown as UserReads,
    new NameLocks(),
    {} as PasswordsService,
    {} as TokenSigner,
    {} as LoginService,
    {} as ReadCache,
  );
  const register = (address: string) =>
    registrations.register({ username: 'ada', email: 'ada@example.com', password: 'secret' }, address);
  const taken = { code: 'username/taken' };
  const tooMany = { code: 'registrations/too-many', data: { retryAfter: expect.any(Number) } };
  for (let attempt = 1; attempt <= 3; attempt += 1)
    await expect(register('203.0.113.1')).rejects.toMatchObject(taken);
  await expect(register('203.0.113.1')).rejects.toMatchObject(tooMany);
  await expect(register('203.0.113.2')).rejects.toMatchObject(taken);
  // One /64 of IPv6 is one network.
  for (let host = 1; host <= 3; host += 1)
    await expect(register(`2001:db8::${host}`)).rejects.toMatchObject(taken);
  await expect(register('2001:db8::4')).rejects.toMatchObject(tooMany);
});
