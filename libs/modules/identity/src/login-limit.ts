import { Inject, Injectable } from '@nestjs/common';
import { AttemptLimiter } from '@tearline/auth';
import { networkOf } from '@tearline/settings';
import { canonicalForm } from './contract.js';
import { IDENTITY_SETTINGS, type IdentitySettings } from './identity.settings.js';

/**
 * Limits failed logins: to one account from one address, and a hundred times as many from one address, which many users may
 * share.
 */
@Injectable()
export class LoginLimit {
  constructor(
    @Inject(IDENTITY_SETTINGS) private readonly settings: IdentitySettings,
    private readonly limiter: AttemptLimiter,
  ) {}

  /**
   * Makes an attempt to log in, unless too many have failed.
   * @param email of the account, whether it exists or not
   * @param address the client's IP address
   * @param attempt resolves with undefined when it failed
   * @throws SeamError credentials/too-many
   */
  run<T>(email: string, address: string, attempt: () => Promise<T | undefined>): Promise<T | undefined> {
    const network = networkOf(address);
    const max = this.settings.LOGIN_FAILURES_PER_MINUTE;
    return this.limiter.run(
      'credentials',
      [
        { key: network, max: 100 * max },
        { key: `${network} ${canonicalForm(email)}`, max, isResetBySuccess: true },
      ],
      attempt,
    );
  }
}
