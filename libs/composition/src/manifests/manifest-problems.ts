import type { Type } from '@nestjs/common';
import { outboxToken, Subscriber } from '@tearline/events';
import {
  type Contract,
  contractNameOf,
  type EventContract,
  Implements,
  type ModuleManifest,
} from '@tearline/seam';
import { hasAuthenticatedRoutes } from './authenticated-routes.js';
import { nestMetadata } from './nest-metadata.js';

/**
 * Returns what the code of a module does and its manifest, or its Nest module, lacks: a sentence each, with the module, what is
 * missing and the line to add. Without it the module works alone or in one process, and fails elsewhere or at the first request.
 * @param type the module's Nest module, which `manifest.load` returns
 * @param declared the events that its contract.ts exports
 * @param authority the contract by which hosts verify sessions
 */
export function manifestProblems(
  manifest: ModuleManifest,
  type: Type,
  declared: readonly EventContract[],
  authority?: Contract,
): string[] {
  const { name, contract, uses, publishes = [], subscribes = [], jobs = [] } = manifest;
  const { classes, injected, provided } = nestMetadata(type);
  const problems: string[] = [];
  const index = `the manifest of '${name}'`;

  const known = new Set([name, ...uses.map((each) => each.name)]);
  for (const { token, by } of injected) {
    const other = contractNameOf(token);
    if (other === undefined || known.has(other)) continue;
    known.add(other);
    problems.push(`${by} injects the contract of '${other}': add that contract to \`uses\` in ${index}`);
  }

  if (authority && !known.has(authority.name) && hasAuthenticatedRoutes(classes))
    problems.push(
      `'${name}' has authenticated routes: add the contract of '${authority.name}' to \`uses\` in ${index}`,
    );

  const implemented = classes.map(
    (each) => Reflect.getMetadata(Implements.KEY, each) as Contract | undefined,
  );
  for (const each of implemented)
    if (each !== undefined && each.name !== contract?.name)
      problems.push(
        `'${name}' implements the contract of '${each.name}': set \`contract\` to it in ${index}`,
      );

  const missing = declared.filter((event) => !publishes.some((each) => each.name === event.name));
  for (const event of missing)
    problems.push(
      `the contract.ts of '${name}' declares the event '${event.name}': add it to \`publishes\` in ${index}`,
    );

  const reasons = [
    ...(publishes.length > 0 ? ['publishes events'] : []),
    ...(subscribes.length > 0 ? ['subscribes to events'] : []),
    ...(jobs.length > 0 ? ['has jobs'] : []),
    ...(classes.some((each) => Reflect.getMetadata(Subscriber.KEY, each) === name)
      ? ['has a @Subscriber']
      : []),
    ...(injected.some(({ token }) => token === outboxToken(name)) ? ['injects its outbox'] : []),
  ];
  if (reasons.length > 0 && !provided.includes(outboxToken(name)))
    problems.push(
      `'${name}' ${reasons.join(', ')}: add EventsModule.forModule('${name}') to the imports of ${type.name}`,
    );
  return problems;
}
