import {
  type ArrowFunction,
  type CallExpression,
  type FunctionDeclaration,
  type FunctionExpression,
  type MethodDeclaration,
  Node,
} from 'ts-morph';
import type { Finding } from '../finding.js';
import { locationOf } from '../source/location.js';

type Asyncable = MethodDeclaration | FunctionDeclaration | FunctionExpression | ArrowFunction;

/** What changes where a method is called that returns at once today, and gives a promise over the seam. */
export interface AwaitPlan {
  readonly calls: readonly CallExpression[];
  /** Handlers of routes that become async; Nest awaits their results. */
  readonly functions: readonly Asyncable[];
}

const ROUTES =
  /^(Get|Post|Put|Patch|Delete|All|Options|Head|Query|Mutation|ResolveField|Sse|MessagePattern|EventPattern|Cron|Interval|Timeout|OnEvent)$/;

export function planAwaits(
  calls: readonly CallExpression[],
  root: string,
  report: (finding: Finding) => void,
): AwaitPlan {
  const plan = { calls: [] as CallExpression[], functions: new Set<Asyncable>() };
  for (const call of calls) {
    const parent = call.getParent();
    if (Node.isAwaitExpression(parent)) continue;
    const inside = enclosingFunction(call);
    if (inside && (inside.isAsync() || isHandler(inside))) {
      plan.calls.push(call);
      if (!inside.isAsync()) plan.functions.add(inside);
      continue;
    }
    const name = inside && 'getName' in inside ? inside.getName() : undefined;
    report({
      where: locationOf(call, root),
      what: `${call.getText().slice(0, 60)} returns at once today, and gives a promise over the seam`,
      wayOut: `make ${name ? `${name}()` : 'the function around it'} async, await the call, and await ${name ? `${name}()` : 'it'} where it is called`,
      stops: true,
    });
  }
  return { calls: plan.calls, functions: [...plan.functions] };
}

function enclosingFunction(node: Node): Asyncable | undefined {
  return node.getFirstAncestor(
    (each): each is Asyncable =>
      Node.isMethodDeclaration(each) ||
      Node.isFunctionDeclaration(each) ||
      Node.isFunctionExpression(each) ||
      Node.isArrowFunction(each),
  );
}

const isHandler = (inside: Asyncable): boolean =>
  Node.isMethodDeclaration(inside) && inside.getDecorators().some((each) => ROUTES.test(each.getName()));

/** Awaits the calls, the innermost first, and makes the handlers around them async. */
export function applyAwaits({ calls, functions }: AwaitPlan): void {
  for (const inside of functions) {
    inside.setIsAsync(true);
    const result = inside.getReturnTypeNode();
    if (result && !/^Promise\b/.test(result.getText())) inside.setReturnType(`Promise<${result.getText()}>`);
  }
  for (const call of calls.toSorted((a, b) => b.getPos() - a.getPos())) {
    const parent = call.getParent();
    const needsParentheses =
      Node.isPropertyAccessExpression(parent) ||
      Node.isElementAccessExpression(parent) ||
      Node.isNonNullExpression(parent) ||
      (Node.isCallExpression(parent) && parent.getExpression() === call);
    const text = `await ${call.getText()}`;
    call.replaceWithText(needsParentheses ? `(${text})` : text);
  }
}
