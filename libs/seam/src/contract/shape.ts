/** The structure of a schema as JSON, so that two processes can compare theirs. Limits and formats are not in it. */
export type Shape =
  | { type: 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'Date' | 'BigInt' | 'Uint8Array' }
  | { type: 'any' | 'nothing' | 'never' }
  | { type: 'literal'; values: Literal[] }
  | { type: 'list'; item: Shape }
  | { type: 'tuple'; items: Shape[]; rest?: Shape }
  | { type: 'record'; value: Shape }
  | { type: 'object'; fields: Record<string, Field> }
  | { type: 'union'; options: Shape[] }
  | { type: 'recursive'; id: number; shape: Shape }
  | { type: 'ref'; id: number }
  | Arguments;

export type Literal = string | number | boolean | null;

/** A field of an object, or an argument; an optional one may be missing. */
export interface Field {
  shape: Shape;
  optional?: true;
}

/** Positional arguments of a method. */
export interface Arguments {
  type: 'arguments';
  items: Field[];
  rest?: Shape;
}

const TAGGED: ReadonlySet<string> = new Set<Shape['type']>([
  'Date',
  'BigInt',
  'Uint8Array',
  'any',
  'arguments',
]);

/** Whether JSON alone carries every value of a shape. */
export function isJson(shape: Shape): boolean {
  return !includes(shape, ({ type }) => TAGGED.has(type));
}

/** Whether a value of a shape may have fields that look like the tags of the wire form. */
export function mayLookTagged(shape: Shape): boolean {
  return includes(
    shape,
    (inner) =>
      inner.type === 'record' ||
      (inner.type === 'object' && Object.keys(inner.fields).some((key) => key.startsWith('$'))),
  );
}

function includes(shape: Shape, test: (inner: Shape) => boolean): boolean {
  return test(shape) || partsOf(shape).some((part) => includes(part, test));
}

function partsOf(shape: Shape): readonly Shape[] {
  switch (shape.type) {
    case 'list':
      return [shape.item];
    case 'tuple':
      return shape.rest ? [...shape.items, shape.rest] : shape.items;
    case 'record':
      return [shape.value];
    case 'object':
      return Object.values(shape.fields).map((field) => field.shape);
    case 'union':
      return shape.options;
    case 'recursive':
      return [shape.shape];
    default:
      return [];
  }
}
