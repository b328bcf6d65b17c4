import type { ClassDeclaration, SourceFile } from 'ts-morph';
import { importText } from '../source/module-specifiers.js';
import type { ServicePlan } from './service-plan.js';

/**
 * Returns the text of a first contract, of types alone: each method has the signature of the service's own.
 * @param file where it goes, in the project, for the form of its imports
 */
export function contractSource(
  services: readonly ServicePlan[],
  pathTo: (file: SourceFile) => string,
  like: SourceFile,
): string {
  const kinds = new Set(services.flatMap(({ methods }) => methods.map(({ kind }) => kind)));
  const seam = ['type ClientOf', ...[...kinds, 'contract'].toSorted()];
  const types = services.map(({ service }) => service);
  const classes = services.flatMap((each) => each.classes);
  return [
    importText(like, seam, '@tearline/seam'),
    ...importsOf(classes, pathTo, like, ''),
    ...importsOf(
      types.filter((type) => !classes.includes(type)),
      pathTo,
      like,
      'type ',
    ),
    '',
    services.map(declaration).join('\n'),
  ].join('\n');
}

function importsOf(
  classes: readonly ClassDeclaration[],
  pathTo: (file: SourceFile) => string,
  like: SourceFile,
  prefix: string,
): string[] {
  const byFile = Map.groupBy(new Set(classes), (each) => each.getSourceFile());
  return [...byFile]
    .map(([file, declared]) => {
      const names = declared.map((each) => each.getNameOrThrow());
      return importText(like, names.toSorted(), pathTo(file)).replace('import ', `import ${prefix}`);
    })
    .toSorted();
}

function declaration({ service, contract, client, contractName, methods, classes }: ServicePlan): string {
  const className = service.getNameOrThrow();
  const reviving = classes.map((each) => each.getNameOrThrow()).toSorted();
  const options = [
    'httpExceptions: true',
    ...(reviving.length > 0 ? [`classes: [${reviving.join(', ')}]`] : []),
  ];
  return `/**
 * What other modules call of ${className}. To review: a query has no effect and may be repeated, a command may not;
 * \`tearline extract\` guessed which is which. Schemas may replace the types, one method at a time.
 */
export const ${contract} = contract(
  '${contractName}',
  {
${methods
  .map(
    ({ name, kind, reason }) => `    // Review: ${reason}.
    ${name}: ${kind}<${className}['${name}']>(),`,
  )
  .join('\n')}
  },
  { ${options.join(', ')} },
);
export type ${client} = ClientOf<typeof ${contract}>;
`;
}
