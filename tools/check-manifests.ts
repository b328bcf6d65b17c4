/**
 * Fails when the manifest of a module lacks what its code does, or its migrations lack the tables of its events. Prints each
 * problem with the line to add. Hosts check the same at start.
 *
 *   node tools/check-manifests.ts
 */
import { manifestProblems } from '@tearline/composition';
import { authority, declaredEvents, manifests, moduleData } from '@tearline/modules';

const problems = await Promise.all(
  manifests.map(async (manifest, index) => {
    const { name, publishes = [], subscribes = [], jobs = [] } = manifest;
    const migrations = await moduleData[index]!.migrations();
    const hasTables = migrations.some((migration) => migration.name.startsWith('CreateEventTables'));
    const needsTables = [...publishes, ...subscribes, ...jobs].length > 0;
    return [
      ...manifestProblems(manifest, await manifest.load(), declaredEvents[name]!, authority),
      ...(needsTables && !hasTables
        ? [`'${name}' has no tables for its events: add createEventTables('${name}') to its migrations`]
        : []),
    ];
  }),
);
for (const problem of problems.flat()) process.stderr.write(`${problem}\n`);
process.exitCode = problems.flat().length > 0 ? 1 : 0;
