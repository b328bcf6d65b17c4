import { Inject, Injectable } from '@nestjs/common';
import { RateLimit, networkOf } from './rate-limit.js';
import { IDENTITY_SETTINGS, type IdentitySettings } from './identity.settings.js';
import type { PasswordAttempt } from './passwords.service.js';

/**
 * Limits failed logins: to one account from one address, and a hundred times as many from one address, which many users may
 * share.
 */
@Injectable()
export class LoginLimit {
  readonly #byAccount: RateLimit;
  readonly #byAddress: RateLimit;

  constructor(@Inject(IDENTITY_SETTINGS) { LOGIN_FAILURES_PER_MINUTE }: IdentitySettings) {
    this.#byAccount = new RateLimit(LOGIN_FAILURES_PER_MINUTE, 'credentials');
    this.#byAddress = new RateLimit(100 * LOGIN_FAILURES_PER_MINUTE, 'credentials');
  }

  /**
   * Returns an attempt to log in, whose `check` throws SeamError credentials/too-many.
   * @param email of the account, whether it exists or not
   * @param address the client's IP address
   */
  attempt(email: string, address: string): PasswordAttempt {
    const network = networkOf(address);
    const account = `${network} ${email.toLowerCase()}`;
    return {
      check: () => {
        this.#byAccount.check(account);
        this.#byAddress.check(network);
      },
      settle: (matches) => {
        if (matches) {
          this.#byAccount.reset(account);
        } else {
          this.#byAccount.count(account);
          this.#byAddress.count(network);
        }
      },
    };
  }
}
