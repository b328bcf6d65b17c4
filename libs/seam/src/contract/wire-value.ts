import { types } from 'node:util';
import { type Class, isExcluded } from './serialization-rules.js';

/**
 * Values as JSON. What JSON has no form for is an object with one field: `{"$date":1700000000000}`, `{"$bigint":"12"}`,
 * `{"$bytes":"AAEC"}`, `{"$buffer":"AAEC"}`, `{"$number":"NaN"}`, `{"$undefined":true}` in a list,
 * `{"$instance":["User",{…}]}` for a class that the contract names, and `{"$literal":{"$date":5}}` for an object that only
 * looks like one of these.
 */
type Fields = Record<string, unknown>;

/** Classes whose instances are made again on arrival, by name. */
export type Classes = ReadonlyMap<string, Class>;

/** A value that no wire carries. */
export class NotCarried extends Error {
  constructor(readonly kind: string) {
    super(`a contract cannot carry ${kind}`);
  }
}

/** A value that is circular is nested without end. */
export const MAX_DEPTH = 500;

/**
 * Returns a value in wire form; the value itself where JSON carries it unchanged.
 * @param classes undefined when a schema has named the fields of the value: then all of them travel, also of an instance
 * @throws NotCarried
 */
export function toWire(value: unknown, classes: Classes | undefined, depth = 0): unknown {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : { $number: String(value) };
    case 'bigint':
      return { $bigint: value.toString() };
    case 'object':
      return value === null ? null : objectToWire(value, classes, depth);
    case 'function':
    case 'symbol':
      throw new NotCarried(kindOf(value));
    default:
      return value;
  }
}

function objectToWire(value: object, classes: Classes | undefined, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new NotCarried(`a value that is circular, or nested ${MAX_DEPTH} levels deep`);
  if (Array.isArray(value)) return listToWire(value, classes, depth);
  if (isPlain(value)) return fieldsToWire(value as Fields, classes, depth);
  if (types.isDate(value)) return { $date: value.getTime() };
  if (Buffer.isBuffer(value)) return { $buffer: value.toString('base64') };
  if (types.isUint8Array(value)) return { $bytes: Buffer.from(value).toString('base64') };
  if (isOpaque(value)) throw new NotCarried(kindOf(value));
  if (!classes) return fieldsToWire(value as Fields, classes, depth);
  const type = value.constructor;
  const isNamed = classes.get(type.name) === type;
  if (!isNamed && 'toJSON' in value && typeof value.toJSON === 'function')
    return toWire(value.toJSON(), classes, depth + 1);
  const kept = Object.entries(value).filter(([key]) => !isExcluded(type, key));
  const fields = fieldsToWire(Object.fromEntries(kept), classes, depth);
  return isNamed ? { $instance: [type.name, fields] } : fields;
}

/** Returns an item of a list in wire form: it has a place there, also when it is undefined. */
export function itemToWire(item: unknown, classes: Classes | undefined, depth: number): unknown {
  return item === undefined ? { $undefined: true } : toWire(item, classes, depth);
}

function listToWire(list: readonly unknown[], classes: Classes | undefined, depth: number): unknown {
  let copy: unknown[] | undefined;
  for (let at = 0; at < list.length; at++) {
    const item = list[at];
    const sent = itemToWire(item, classes, depth + 1);
    if (sent !== item) (copy ??= [...list])[at] = sent;
  }
  return copy ?? list;
}

function fieldsToWire(fields: Fields, classes: Classes | undefined, depth: number): Fields {
  let copy: Fields | undefined;
  const keys = Object.keys(fields);
  for (const key of keys) {
    const sent = toWire(fields[key], classes, depth + 1);
    if (sent !== fields[key]) (copy ??= { ...fields })[key] = sent;
  }
  return keys.length === 1 && keys[0]!.startsWith('$') ? { $literal: copy ?? fields } : (copy ?? fields);
}

/**
 * Returns the value of a wire form, for which it uses the parsed JSON.
 * @throws Error for what no sender writes
 */
export function fromWire(json: unknown, classes: Classes): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) {
    for (let at = 0; at < json.length; at++) {
      const value = fromWire(json[at], classes);
      if (value !== json[at]) json[at] = value;
    }
    return json;
  }
  const keys = Object.keys(json);
  const untag = keys.length === 1 && keys[0]!.startsWith('$') ? TAGS.get(keys[0]!) : undefined;
  if (untag) return untag((json as Fields)[keys[0]!], classes);
  return fieldsFromWire(json as Fields, keys, classes);
}

function fieldsFromWire(fields: Fields, keys: readonly string[], classes: Classes): Fields {
  for (const key of keys) {
    const value = fromWire(fields[key], classes);
    if (value !== fields[key]) fields[key] = value;
  }
  return fields;
}

const TAGS = new Map<string, (json: unknown, classes: Classes) => unknown>([
  ['$date', (json) => new Date(json === null ? Number.NaN : (json as number))],
  ['$bigint', (json) => BigInt(json as string)],
  ['$bytes', (json) => new Uint8Array(Buffer.from(json as string, 'base64'))],
  ['$buffer', (json) => Buffer.from(json as string, 'base64')],
  ['$number', (json) => Number(json)],
  ['$undefined', () => undefined],
  ['$literal', (json, classes) => fieldsFromWire(json as Fields, Object.keys(json as Fields), classes)],
  [
    '$instance',
    (json, classes) => {
      const [name, wire] = json as [string, Fields];
      const fields = fieldsFromWire(wire, Object.keys(wire), classes);
      const type = classes.get(name);
      return type ? reviveAs(type, fields) : fields;
    },
  ],
]);

/** Makes an object an instance of a class, whose constructor is not called. */
export function reviveAs(type: Class, fields: object): object {
  return Object.setPrototypeOf(fields, type.prototype as object) as object;
}

/** Whether an object has fields and nothing else, in whichever realm it was made. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether an object keeps what it is outside of its fields. */
export function isOpaque(value: object): boolean {
  return (
    types.isMap(value) ||
    types.isSet(value) ||
    types.isNativeError(value) ||
    types.isPromise(value) ||
    types.isRegExp(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isBoxedPrimitive(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isExternal(value) ||
    ArrayBuffer.isView(value)
  );
}

/** Names what a value is, and does not show it: values may be secrets. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'object') return value === undefined ? 'undefined' : `a ${typeof value}`;
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? 'an invalid date' : 'a date';
  return isPlain(value) ? 'an object' : `an instance of ${value.constructor.name}`;
}
