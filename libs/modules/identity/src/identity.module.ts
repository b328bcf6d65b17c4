import { Module } from '@nestjs/common';
import { signingKeySetting } from '@tearline/auth';
import { DatabaseModule } from '@tearline/database';
import { EventsModule } from '@tearline/events';
import { readSettings } from '@tearline/settings';
import { AccountService } from './account.service.js';
import { UserEntity } from './entities/user.entity.js';
import { IdentityHandler } from './identity.handler.js';
import { IDENTITY_SETTINGS, type IdentitySettings, settings } from './identity.settings.js';
import { LoginLimit } from './login-limit.js';
import { LoginService } from './login.service.js';
import { NameLocks } from './name-locks.js';
import { PasswordsService } from './passwords.service.js';
import { RegistrationService } from './registration.service.js';
import { TokenSigner } from './token-signer.js';
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
  imports: [DatabaseModule.forModule('identity', [UserEntity]), EventsModule.forModule('identity')],
  controllers: [UserController, UsersController],
  providers: [
    { provide: IDENTITY_SETTINGS, useFactory: readIdentitySettings },
    AccountService,
    IdentityHandler,
    LoginLimit,
    LoginService,
    NameLocks,
    PasswordsService,
    RegistrationService,
    TokenSigner,
    UserReads,
  ],
})
export class IdentityModule {}
