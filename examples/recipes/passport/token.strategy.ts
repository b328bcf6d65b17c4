import { Injectable, Module } from '@nestjs/common';
import { PassportModule, PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-http-bearer';

/** Verifies tokens, and needs no other module for it. */
@Injectable()
export class TokenStrategy extends PassportStrategy(Strategy) {
  validate(token: string): { id: string } | null {
    return token.startsWith('user-') ? { id: token } : null;
  }
}

/** For every host: the strategy registers itself when Nest creates it. */
@Module({ imports: [PassportModule], providers: [TokenStrategy] })
export class TokenModule {}
