import { jwksSetting } from '@tearline/auth';
import { cacheSettings } from '@tearline/cache';
import { connectionsSetting, replicationSettings } from '@tearline/database';
import { eventsSettings } from '@tearline/events';
import { hostSettings } from '@tearline/host';

/** The environment variables of the monolith; each module reads its own besides. */
export const monolithSettings = {
  ...hostSettings,
  ...eventsSettings,
  ...replicationSettings,
  ...cacheSettings,
  /** Connections to PostgreSQL, divided evenly among the modules. */
  DATABASE_CONNECTIONS: connectionsSetting.optional(),
  /** Public keys that tokens are checked with. */
  AUTH_JWKS: jwksSetting,
};
