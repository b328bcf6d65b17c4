import { Inject, Injectable } from '@nestjs/common';
import { AttemptLimiter } from '@tearline/auth';
import { networkOf } from '@tearline/settings';
import { IDENTITY_SETTINGS, type IdentitySettings } from './identity.settings.js';

/** Limits attempts to register from one address, also those that succeed. */
@Injectable()
export class RegistrationLimit {
  constructor(
    @Inject(IDENTITY_SETTINGS) private readonly settings: IdentitySettings,
    private readonly limiter: AttemptLimiter,
  ) {}

  /** @param address the client's IP address. @throws SeamError registrations/too-many */
  async count(address: string): Promise<void> {
    const limit = { key: networkOf(address), max: this.settings.REGISTRATIONS_PER_MINUTE };
    // An attempt that succeeds counts like one that fails.
    await this.limiter.run('registrations', [limit], async () => undefined);
  }
}
