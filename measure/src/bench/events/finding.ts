import type { Effect } from './effect.js';
import type { FanOut } from './fan-out.js';
import type { BrokerName } from './options.js';
import type { Publishing } from './publish.js';

/** What was found on one broker. */
export interface Finding {
  readonly broker: BrokerName;
  readonly publishing: Publishing;
  readonly effect: Effect;
  readonly fanOut: FanOut;
}
