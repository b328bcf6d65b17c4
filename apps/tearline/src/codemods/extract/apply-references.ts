import { type Identifier, Node, type SourceFile } from 'ts-morph';
import { isTest } from '../source/is-test.js';
import { importFromPackage, removeUnusedImport } from '../source/module-specifiers.js';
import type { InjectionTarget, Reference } from './reference.js';
import type { ServicePlan } from './service-plan.js';

/** Which names a file needs after the change. */
export interface Needs {
  client: boolean;
  contract: boolean;
}

/** Changes what a file outside of the module says about a service. */
export function applyReferences(
  file: SourceFile,
  references: readonly Reference[],
  { contract, client }: ServicePlan,
): Needs {
  const needs: Needs = { client: false, contract: false };
  const toClient = (name: Identifier) => {
    name.replaceWithText(client);
    needs.client = true;
  };
  const toToken = (name: Identifier) => {
    name.replaceWithText(`${contract}.token`);
    needs.contract = true;
  };
  const followsDouble = isTest(file.getFilePath()) ? references.some(({ kind }) => kind === 'double') : true;
  const targets = new Set<InjectionTarget>();
  for (const reference of references.toReversed()) {
    const { kind, name } = reference;
    if (kind === 'injection') {
      targets.add(reference.target);
      if (!name.getFirstAncestor(Node.isDecorator)) toClient(name);
    } else if (kind === 'provider') applyProvider(reference, contract, needs);
    else if (!followsDouble) continue;
    else if (kind === 'type') toClient(name);
    else if (kind === 'double') toToken(name);
    else if (kind === 'factory') toToken(name);
    else if (kind === 'lookup') {
      const { call } = reference;
      if (call.getTypeArguments().length === 0) {
        call.addTypeArgument(client);
        needs.client = true;
      }
      toToken(call.getArguments()[0] as Identifier);
    }
  }
  for (const target of targets) {
    const inject = target.getDecorator('Inject');
    if (inject) inject.replaceWithText(`@Seam(${contract})`);
    else target.insertDecorator(0, { name: 'Seam', arguments: [contract] });
    needs.contract = true;
  }
  if (targets.size > 0) {
    importFromPackage(file, '@tearline/seam', ['Seam']);
    for (const name of ['Inject', 'forwardRef']) removeUnusedImport(file, name, '@nestjs/common');
  }
  return needs;
}

/** A test that provides the service itself provides it under the contract as well; another module stops to provide it. */
function applyProvider(reference: Reference & { kind: 'provider' }, contract: string, needs: Needs): void {
  const { name, list } = reference;
  if (isTest(name.getSourceFile().getFilePath())) {
    list.insertElement(
      list.getElements().indexOf(name) + 1,
      `{ provide: ${contract}.token, useExisting: ${name.getText()} }`,
    );
    needs.contract = true;
  } else list.removeElement(name);
}
