/** The structure of a schema as JSON, so that two processes can compare theirs. Limits and formats are not in it. */
export type Shape =
  | { type: 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'date' | 'bigint' | 'bytes' }
  | { type: 'nothing' | 'never' }
  | { type: 'literal'; values: Literal[] }
  | { type: 'list'; item: Shape }
  | { type: 'tuple'; items: Shape[]; rest?: Shape }
  | { type: 'record'; value: Shape }
  | { type: 'object'; fields: Record<string, Field> }
  | { type: 'union'; options: Shape[] }
  | { type: 'recursive'; id: number; shape: Shape }
  | { type: 'ref'; id: number };

export type Literal = string | number | boolean | null;

/** A field of an object; an optional one may be missing. */
export interface Field {
  shape: Shape;
  optional?: true;
}
