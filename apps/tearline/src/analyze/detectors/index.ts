import type { Detector } from '../context.js';
import { caches } from './cache.js';
import { callbacks } from './callback.js';
import { circles } from './circle.js';
import { dataAccess } from './data-access.js';
import { events } from './event.js';
import { globalModules } from './global-module.js';
import { injections } from './injection.js';
import { joins } from './join.js';
import { rawSql } from './raw-sql.js';
import { relations } from './relation.js';
import { requestScopes } from './request-scope.js';
import { sharedValues } from './shared-value.js';
import { states } from './state.js';
import { transactions } from './transaction.js';

export const detectors: readonly Detector[] = [
  transactions,
  relations,
  dataAccess,
  joins,
  rawSql,
  callbacks,
  circles,
  events,
  requestScopes,
  states,
  globalModules,
  injections,
  caches,
  sharedValues,
];
