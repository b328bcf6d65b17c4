import { Module } from '@nestjs/common';
import {
  AttemptLimiter,
  RedisAttempts,
  SHARED_REDIS,
  type SharedRedis,
  signingKeySetting,
} from '@tearline/auth';
import { getDataSourceToken } from '@nestjs/typeorm';
import { CacheModule } from '@tearline/cache';
import { DatabaseModule, readerToken } from '@tearline/database';
import { EventsModule } from '@tearline/events';
import { readSettings } from '@tearline/settings';
import { Registry } from 'prom-client';
import { AccountService } from './account.service.js';
import { CredentialsService } from './credentials.service.js';
import { DatabaseAttempts } from './database-attempts.js';
import { UserEntity } from './entities/user.entity.js';
import { IdentityHandler } from './identity.handler.js';
import { IDENTITY_SETTINGS, type IdentitySettings, settings } from './identity.settings.js';
import { LoginLimit } from './login-limit.js';
import { LoginService } from './login.service.js';
import { NameLocks } from './name-locks.js';
import { PasswordsService } from './passwords.service.js';
import { RegistrationLimit } from './registration-limit.js';
import { RegistrationService } from './registration.service.js';
import { TokenSigner } from './token-signer.js';
import { openSessionStore } from './sessions/open-session-store.js';
import { SESSION_STORE } from './sessions/session-store.js';
import { SessionLogin } from './sessions/session-login.service.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { UserSessions } from './sessions/user-sessions.service.js';
import { UserReads } from './user-reads.js';
import { UserController } from './user.controller.js';
import { UsersController } from './users.controller.js';

/** @throws SettingsError that names every wrong variable */
function readIdentitySettings(): IdentitySettings {
  const { IDENTITY_SIGNING_KEY: text } = settings;
  // Parsed here: the declaration loads no code, and this needs the one of auth.
  return readSettings({ ...settings, IDENTITY_SIGNING_KEY: text.pipe(signingKeySetting).meta(text.meta()!) });
}

@Module({
  imports: [
    DatabaseModule.forModule('identity', [UserEntity]),
    EventsModule.forModule('identity'),
    CacheModule.forModule('identity'),
  ],
  controllers: [SessionsController, UserController, UsersController],
  providers: [
    { provide: IDENTITY_SETTINGS, useFactory: readIdentitySettings },
    {
      provide: AttemptLimiter,
      inject: [
        DatabaseAttempts,
        { token: SHARED_REDIS, optional: true },
        { token: Registry, optional: true },
      ],
      useFactory: async (database: DatabaseAttempts, redis?: SharedRedis, registry?: Registry) =>
        new AttemptLimiter(redis ? await RedisAttempts.open(redis) : database, registry),
    },
    {
      provide: SESSION_STORE,
      inject: [
        IDENTITY_SETTINGS,
        getDataSourceToken('identity'),
        readerToken('identity'),
        { token: SHARED_REDIS, optional: true },
      ],
      useFactory: openSessionStore,
    },
    AccountService,
    CredentialsService,
    DatabaseAttempts,
    IdentityHandler,
    LoginLimit,
    LoginService,
    NameLocks,
    PasswordsService,
    RegistrationLimit,
    RegistrationService,
    SessionLogin,
    TokenSigner,
    UserReads,
    UserSessions,
  ],
})
export class IdentityModule {}
