import { Module } from '@nestjs/common';
import { DatabaseModule } from '@tearline/database';
import { EventsModule } from '@tearline/events';
import { AccountService } from './account.service.js';
import { UserEntity } from './entities/user.entity.js';
import { IdentityHandler } from './identity.handler.js';
import { IDENTITY_SETTINGS, identitySettings } from './identity.settings.js';
import { LoginLimit } from './login-limit.js';
import { LoginService } from './login.service.js';
import { NameLocks } from './name-locks.js';
import { PasswordsService } from './passwords.service.js';
import { RegistrationService } from './registration.service.js';
import { TokenSigner } from './token-signer.js';
import { UserReads } from './user-reads.js';
import { UserController } from './user.controller.js';
import { UsersController } from './users.controller.js';

@Module({
  imports: [DatabaseModule.forModule('identity', [UserEntity]), EventsModule.forModule('identity')],
  controllers: [UserController, UsersController],
  providers: [
    { provide: IDENTITY_SETTINGS, useFactory: identitySettings },
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
