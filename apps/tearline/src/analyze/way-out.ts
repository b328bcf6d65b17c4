import type { FindingKind } from './finding.js';

const waysOut: Record<FindingKind, string> = {
  transaction:
    'Let each module commit its own change: publish an event from an outbox, or reserve first and confirm or compensate later.',
  relation:
    'Keep the identifier as a plain column, drop the relation and its foreign key, and ask the owner through its contract.',
  'data-access':
    'Call the owner through its contract, or keep a copy of what is needed, updated by its events.',
  join: 'Query own rows, then ask the owner for the rest by identifiers in one call; or keep a copy for searching and sorting.',
  'raw-sql': 'Query own tables only, and ask the owner of the others through its contract.',
  callback: 'Replace the function with an event of the called module that the other one handles.',
  circle: 'Turn one direction into an event, or move what both need into a module of its own.',
  event: 'Make it an event of the module, delivered by a broker through an outbox.',
  'request-scope': 'Pass the values as arguments, or carry them in the context of the call.',
  state: 'Move the value into a database, a cache server or a provider of the module that owns it.',
  'global-module': 'Import the module where it is used, so that the dependency is visible.',
  injection: 'Inject the contract of the module instead of the class.',
  cache: 'Give each module its own keys, in a cache server where processes must agree.',
  'shared-value': 'Copy the type into the contract, or move it to a library without state.',
};

/** How to remove what stops the extraction. */
export const wayOutOf = (kind: FindingKind, isOfInfrastructure: boolean): string =>
  kind === 'injection' && isOfInfrastructure
    ? 'Load the module in each process: it has no routes and no data. Or give it a contract.'
    : waysOut[kind];
