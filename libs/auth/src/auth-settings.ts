import { numberSetting, oneOfSetting } from '@tearline/settings';
import { jwksSetting } from './keys.js';

/** The settings of authentication, which every host has. */
export const authSettings = {
  AUTH_JWKS: jwksSetting,
  WRITES_PER_MINUTE: numberSetting(1, 9_999_999)
    .default(300)
    .meta({ description: 'writes of one user to a process in a minute; further ones get 429' }),
  SECURE_COOKIES: oneOfSetting('on', 'off', 'auto').optional().meta({
    description:
      'whether the cookie of a [session](sessions.md) is for TLS alone: `on`, `off`, or `auto`: where the request came over TLS',
    defaultText: '`auto`, in production `on`',
  }),
};
