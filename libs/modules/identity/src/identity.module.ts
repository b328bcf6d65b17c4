import { Module } from '@nestjs/common';
import { DatabaseModule } from '@tearline/database';
import { EventsModule } from '@tearline/events';
import { AccountService } from './account.service.js';
import { UserEntity } from './entities/user.entity.js';
import { IdentityProvider } from './identity.provider.js';
import { IDENTITY_SETTINGS, identitySettings } from './identity.settings.js';
import { LoginLimit } from './login-limit.js';
import { LoginService } from './login.service.js';
import { NameClaims } from './name-claims.js';
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
    IdentityProvider,
    LoginLimit,
    LoginService,
    NameClaims,
    PasswordsService,
    RegistrationService,
    TokenSigner,
    UserReads,
  ],
})
export class IdentityModule {}
