import { createRequire } from 'node:module';

/** What is used of the metadata of class-transformer, which an application need not have. */
interface MetadataStorage {
  getStrategy(target: Class): 'none' | 'excludeAll' | 'exposeAll';
  getExcludedProperties(target: Class, transformation: number): (string | undefined)[];
  getExposedProperties(target: Class, transformation: number): (string | undefined)[];
  findTypeMetadata(target: Class, property: string): { typeFunction?: () => Class } | undefined;
  findTransformMetadatas(target: Class, property: string, transformation: number): unknown[];
}

/** A class, abstract ones and those with a private constructor included. */
// oxlint-disable-next-line typescript/no-unsafe-function-type -- a class with a private constructor has no other type
export type Class = Function;

/** `TransformationType.CLASS_TO_PLAIN` */
const CLASS_TO_PLAIN = 1;

let storage: MetadataStorage | null | undefined;
const exclusions = new WeakMap<Class, ((key: string) => boolean) | null>();

/** Returns whether a class keeps a property out of its serialized form: class-transformer's `@Exclude()`. */
export function isExcluded(type: Class, key: string): boolean {
  let excludes = exclusions.get(type);
  if (excludes === undefined) exclusions.set(type, (excludes = exclusionsOf(type)));
  return excludes !== null && excludes(key);
}

/** Returns those of the properties for which a class has rules of serialization: `@Exclude`, `@Expose`, `@Transform`. */
export function propertiesWithRules(type: Class, keys: readonly string[]): string[] {
  const found = metadata();
  if (!found) return [];
  const exposed = new Set(found.getExposedProperties(type, CLASS_TO_PLAIN));
  return keys.filter(
    (key) =>
      isExcluded(type, key) ||
      exposed.has(key) ||
      found.findTransformMetadatas(type, key, CLASS_TO_PLAIN).length > 0,
  );
}

/** Returns the class of a property's value, which class-transformer's `@Type()` names. */
export function nestedClassOf(type: Class, key: string): Class | undefined {
  return metadata()?.findTypeMetadata(type, key)?.typeFunction?.();
}

function exclusionsOf(type: Class): ((key: string) => boolean) | null {
  const found = metadata();
  if (!found) return null;
  const excluded = new Set(found.getExcludedProperties(type, CLASS_TO_PLAIN));
  if (found.getStrategy(type) === 'excludeAll') {
    const exposed = new Set(found.getExposedProperties(type, CLASS_TO_PLAIN));
    return (key) => !exposed.has(key) || excluded.has(key);
  }
  return excluded.size === 0 ? null : (key) => excluded.has(key);
}

/** The application's own copy: a class without it has no rules. */
function metadata(): MetadataStorage | null {
  if (storage !== undefined) return storage;
  storage = null;
  for (const from of [process.argv[1], `${process.cwd()}/package.json`])
    try {
      const required = createRequire(from!)('class-transformer/cjs/storage');
      storage = (required as { defaultMetadataStorage: MetadataStorage }).defaultMetadataStorage;
      return storage;
    } catch {
      // Not installed there.
    }
  return storage;
}
