import { getMetadataStorage, type ValidationError, validateSync } from 'class-validator';
import { adapt, type CompiledSchema, InvalidValue, type Issue, type Schema } from './contract/schema.js';
import { type Class, nestedClassOf } from './contract/serialization-rules.js';
import type { Field, Shape } from './contract/shape.js';
import { reviveAs } from './contract/wire-value.js';

type Type<T> = abstract new (...args: never[]) => T;

/** A schema made of a class; like a schema of zod it may be widened. */
export interface DtoSchema<T> extends Schema<T> {
  nullable(): DtoSchema<T | null>;
  optional(): DtoSchema<T | undefined>;
}

/**
 * Makes a schema of a class with decorators of class-validator. Values are validated, properties without a decorator do not
 * leave the process, and they arrive as instances of the class; with `[CreateUserDto]`, a list of them. Nested classes need
 * `@Type()`. Neither constructors nor `@Transform()` run, and validators that return a promise do not count.
 * @example create: command({ args: [dto(CreateUserDto)], output: User })
 */
export function dto<T>(type: Type<T>): DtoSchema<T>;
export function dto<T>(type: readonly [Type<T>]): DtoSchema<T[]>;
export function dto<T>(type: Type<T> | readonly [Type<T>]): DtoSchema<T> | DtoSchema<T[]> {
  if (typeof type === 'function') return widening<T>(compile(type));
  const item = compile(type[0]);
  return widening<T[]>({
    shape: { type: 'list', item: item.shape },
    parse(value) {
      if (!Array.isArray(value))
        throw new InvalidValue([{ path: [], message: 'expected a list', expected: 'array' }]);
      const issues: Issue[] = [];
      const items = value.map((each: unknown, at) => {
        try {
          return item.parse(each);
        } catch (error) {
          if (!(error instanceof InvalidValue)) throw error;
          issues.push(...error.issues.map((issue) => ({ ...issue, path: [at, ...issue.path] })));
          return undefined;
        }
      });
      if (issues.length > 0) throw new InvalidValue(issues);
      return items;
    },
  });
}

function widening<T>(compiled: CompiledSchema): DtoSchema<T> {
  const or = (type: 'null' | 'nothing', absent: null | undefined): CompiledSchema => ({
    shape: { type: 'union', options: [{ type }, compiled.shape] },
    parse: (value) => (value === absent ? value : compiled.parse(value)),
  });
  return {
    ...adapt<T>(compiled),
    nullable: () => widening<T | null>(or('null', null)),
    optional: () => widening<T | undefined>(or('nothing', undefined)),
  };
}

function compile(type: Type<unknown>): CompiledSchema {
  return {
    shape: shapeOf(type),
    parse(value) {
      if (typeof value !== 'object' || value === null)
        throw new InvalidValue([{ path: [], message: `expected ${type.name}`, expected: 'object' }]);
      const instance = instanceOf(type, value) as object;
      const errors = validateSync(instance, { whitelist: true, forbidUnknownValues: true });
      if (errors.length > 0) throw new InvalidValue(issuesOf(errors, []));
      return instance;
    },
  };
}

/** The names of the properties, and which of them may be missing; what each of them holds is validated when it arrives. */
function shapeOf(type: Type<unknown>): Shape {
  const fields: Record<string, Field> = {};
  for (const { propertyName, type: kind } of getMetadataStorage().getTargetValidationMetadatas(
    type,
    '',
    false,
    false,
  )) {
    const field = (fields[propertyName] ??= { shape: { type: 'any' } });
    if (kind === 'conditionalValidation') field.optional = true;
  }
  return { type: 'object', fields };
}

/** A copy, since validation removes properties. */
function instanceOf(type: Class, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => instanceOf(type, item));
  if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value))
    return value;
  const fields = Object.entries(value).map(([key, item]): [string, unknown] => {
    const nested = nestedClassOf(type, key);
    return [key, nested ? instanceOf(nested, item) : item];
  });
  return reviveAs(type, Object.fromEntries(fields));
}

function issuesOf(errors: readonly ValidationError[], outer: readonly PropertyKey[]): Issue[] {
  return errors.flatMap(({ property, target, constraints = {}, children = [] }) => {
    const path = [...outer, Array.isArray(target) ? Number(property) : property];
    const own = Object.values(constraints).map((message) => ({ path, message }));
    return [...own, ...issuesOf(children, path)];
  });
}
