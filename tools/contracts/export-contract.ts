/** A module's contract and events as JSON: schemas of the values on the wire, and the shapes that two versions compare. */
import { createHash } from 'node:crypto';
import type { Contract, EventContract, ModuleManifest } from '@tearline/seam';
import { z } from 'zod';

type JsonSchema = Record<string, unknown>;
type Method = Contract['methods'][string];

export interface ExportedMethod {
  readonly kind: 'query' | 'command';
  /** Milliseconds. */
  readonly timeout?: number;
  /** Missing for a method without input or output. */
  readonly input?: JsonSchema;
  readonly output?: JsonSchema;
  /** By code, the schema of its data; null for a code without data. */
  readonly errors?: Readonly<Record<string, JsonSchema | null>>;
  readonly shape: { readonly input: unknown; readonly output: unknown };
}

export interface ExportedEvent {
  readonly version: number;
  readonly payload: JsonSchema;
  /** The modules whose queues get it. */
  readonly subscribers: readonly string[];
}

export interface ExportedContract {
  readonly name: string;
  /** Of everything below: another hash means another contract. */
  readonly version: string;
  readonly methods: Readonly<Record<string, ExportedMethod>>;
  readonly events: Readonly<Record<string, ExportedEvent>>;
}

export function exportContract(
  { name, contract, publishes = [] }: ModuleManifest,
  manifests: readonly ModuleManifest[],
): ExportedContract {
  const methods = Object.fromEntries(
    Object.entries(contract?.methods ?? {}).map(([key, method]) => [
      key,
      exportMethod(method, contract!.codecs[key]!),
    ]),
  );
  const events = Object.fromEntries(publishes.map((event) => [event.name, exportEvent(event, manifests)]));
  return { name, version: hashOf({ methods, events }), methods, events };
}

function exportMethod(method: Method, { input, output }: Contract['codecs'][string]): ExportedMethod {
  const { kind, timeout, errors, errorData, args } = method;
  const dataOf = (code: string) => {
    const schema = errorData[code];
    return schema === null ? null : schema ? schemaOf(schema) : {};
  };
  const given = args
    ? { type: 'array', prefixItems: args.map(schemaOf) }
    : method.input && schemaOf(method.input);
  return {
    kind,
    ...(timeout !== undefined && { timeout }),
    ...(given && { input: given }),
    ...(method.output && { output: schemaOf(method.output) }),
    ...(errors.length > 0 && { errors: Object.fromEntries(errors.map((code) => [code, dataOf(code)])) }),
    shape: { input: input.shape, output: output.shape },
  };
}

const exportEvent = (event: EventContract, manifests: readonly ModuleManifest[]): ExportedEvent => ({
  version: event.version,
  payload: schemaOf(event.payload),
  subscribers: manifests
    .filter(({ subscribes = [] }) => subscribes.some(({ name }) => name === event.name))
    .map(({ name }) => name)
    .toSorted(),
});

/** Values that JSON has no form for, as docs/guide/wire-protocol.md has them. */
const TAGGED: Readonly<Record<string, JsonSchema>> = {
  date: tagged('$date', { type: 'integer' }),
  bigint: tagged('$bigint', { type: 'string', pattern: '^-?[0-9]+$' }),
  custom: tagged('$bytes', { type: 'string' }),
};

function tagged(tag: string, schema: JsonSchema): JsonSchema {
  return { type: 'object', properties: { [tag]: schema }, required: [tag] };
}

/** Objects are open: fields that no schema names are left out, not refused. */
function schemaOf(schema: unknown): JsonSchema {
  if ('compiled' in (schema as object)) return {};
  const { $schema: _, ...json } = z.toJSONSchema(schema as z.ZodType, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const wire = TAGGED[zodSchema._zod.def.type];
      if (wire) Object.assign(jsonSchema, wire);
    },
  });
  return json;
}

const hashOf = (value: object) =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
