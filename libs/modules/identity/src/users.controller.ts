import { Body, Controller, HttpCode, Ip, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '@tearline/host';
import { LoginService } from './login.service.js';
import { RegistrationService } from './registration.service.js';
import { LogIn, Register, UserBody } from './user.schemas.js';

@ApiTags('User and Authentication')
@Controller('api/users')
export class UsersController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly login: LoginService,
  ) {}

  @Post()
  @ApiOperation({ operationId: 'CreateUser', summary: 'Register' })
  @ApiResponse({ status: 201, standardSchema: UserBody })
  @ApiErrors('username/taken', 'email/taken', 'registrations/too-many')
  register(@Body({ schema: Register }) { user }: Register, @Ip() address: string): Promise<UserBody> {
    return this.registration.register(user, address);
  }

  @Post('login')
  @HttpCode(200)
  @ApiOperation({ operationId: 'Login', summary: 'Log in' })
  @ApiResponse({ status: 200, standardSchema: UserBody })
  @ApiErrors('credentials/invalid', 'credentials/too-many')
  logIn(@Body({ schema: LogIn }) { user }: LogIn, @Ip() address: string): Promise<UserBody> {
    return this.login.logIn(user, address);
  }
}
