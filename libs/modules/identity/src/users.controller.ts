import { Body, Controller, HttpCode, Ip, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
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
  @ApiResponse({ status: 409, description: 'username or email: has already been taken' })
  register(@Body({ schema: Register }) { user }: Register, @Ip() address: string): Promise<UserBody> {
    return this.registration.register(user, address);
  }

  @Post('login')
  @HttpCode(200)
  @ApiOperation({ operationId: 'Login', summary: 'Log in' })
  @ApiResponse({ status: 200, standardSchema: UserBody })
  @ApiResponse({ status: 401, description: 'credentials: invalid' })
  @ApiResponse({ status: 429, description: 'credentials: too many attempts' })
  logIn(@Body({ schema: LogIn }) { user }: LogIn, @Ip() address: string): Promise<UserBody> {
    return this.login.logIn(user, address);
  }
}
