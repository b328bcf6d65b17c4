import { Node, type ObjectLiteralExpression, SyntaxKind } from 'ts-morph';
import type { NestModule } from './nest-module.js';
import { classOf } from './resolve-class.js';

/** Returns the modules in `seamModules({ users: UsersModule })` of a root module; undefined when the seam was not added yet. */
export function seamListOf(rootModule: NestModule): ObjectLiteralExpression | undefined {
  return rootModule.declaration
    .getSourceFile()
    .getDescendantsOfKind(SyntaxKind.CallExpression)
    .filter((call) => call.getExpression().getText() === 'seamModules')
    .flatMap((call) => {
      const [list] = call.getArguments();
      return Node.isObjectLiteralExpression(list) ? list : [];
    })[0];
}

/** Whether the list has a module, as itself, as `UsersModule.register()` or as `{ module: UsersModule }`. */
export function listHas(list: ObjectLiteralExpression, module: NestModule): boolean {
  return list.getProperties().some((property) => {
    const value = Node.isPropertyAssignment(property) ? property.getInitializer() : undefined;
    return (
      value !== undefined &&
      (classOf(value) === module.declaration || value.getText().includes(module.className))
    );
  });
}

/** `users`, or `'team-invitation'` where a name is no identifier. */
export const listKey = (name: string): string => (/^[a-z_$][\w$]*$/i.test(name) ? name : `'${name}'`);
