import type { Contract, Method } from './contract.js';
import { type Incompatibility, findIncompatibility, firstOf } from './shape-compatibility.js';
import type { Shape } from './shape.js';

/** One method as two processes compare it. */
export interface MethodDescription {
  readonly kind: Method['kind'];
  readonly input: Shape;
  readonly output: Shape;
}

/** A contract as two processes compare it: plain JSON, exchanged when they connect. */
export interface ContractDescription {
  readonly name: string;
  readonly methods: Readonly<Record<string, MethodDescription>>;
}

/** Describes a contract, for {@link incompatibilities}. */
export function describeContract({ name, methods, codecs }: Contract): ContractDescription {
  const described = Object.entries(codecs).map(([key, { input, output }]): [string, MethodDescription] => [
    key,
    { kind: methods[key]!.kind, input: input.shape, output: output.shape },
  ]);
  return { name, methods: Object.fromEntries(described) };
}

/**
 * What a caller cannot ask of a callee that has another version of the contract. A new method, a new optional
 * field, a wider input, a narrower or longer output are compatible; a missing method, a required field that the
 * other side does not give, another type are not.
 * @param callee undefined when the callee does not answer the contract at all
 * @returns for each method that does not fit, a sentence with the method and field, e.g.
 *   `articles.bySlug output.title: the caller expects string, the callee gives number`
 */
export function incompatibilities(
  caller: ContractDescription,
  callee: ContractDescription | undefined,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, asked] of Object.entries(caller.methods)) {
    const method = `${caller.name}.${key}`;
    const problem = callee
      ? problemOf(asked, callee.methods[key])
      : ': the callee does not answer this contract';
    if (problem !== undefined) found.set(method, method + problem);
  }
  return found;
}

function problemOf(asked: MethodDescription, answered: MethodDescription | undefined): string | undefined {
  if (!answered) return ': the callee has no such method';
  if (asked.kind === 'query' && answered.kind === 'command')
    return ': the caller takes it for a query, for the callee it is a command';
  const input = inputIncompatibility(asked.input, answered.input);
  const place = asked.input.type === 'arguments' ? 'args' : 'input';
  if (input) return ` ${place}${input.path}: the caller gives ${input.from}, the callee expects ${input.to}`;
  const output = findIncompatibility(answered.output, asked.output);
  if (output)
    return ` output${output.path}: the caller expects ${output.to}, the callee gives ${output.from}`;
  return undefined;
}

/** A required field that the callee no longer knows is incompatible too, since the callee would drop it. */
function inputIncompatibility(given: Shape, expected: Shape): Incompatibility | undefined {
  return findIncompatibility(given, expected) ?? removedField(given, expected, '');
}

function removedField(given: Shape, expected: Shape, path: string): Incompatibility | undefined {
  if (given.type === 'list' && expected.type === 'list')
    return removedField(given.item, expected.item, `${path}[]`);
  if (given.type === 'arguments' && expected.type === 'arguments')
    return firstOf(given.items, ({ shape }, at) => {
      const known = expected.items[at]?.shape;
      return known && removedField(shape, known, `${path}[${at}]`);
    });
  if (given.type !== 'object' || expected.type !== 'object') return undefined;
  return firstOf(Object.entries(given.fields), ([key, field]) => {
    const at = `${path}.${key}`;
    const known = expected.fields[key];
    if (!known) return field.optional ? undefined : { path: at, from: 'this field', to: 'none' };
    return removedField(field.shape, known.shape, at);
  });
}
