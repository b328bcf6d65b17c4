import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyPatch, parsePatch, reversePatch } from 'diff';

/** What an extraction changed, read from its record. */
export interface RecordedChanges {
  /** Absolute paths of the files that it changed or created. */
  readonly files: readonly string[];
  /** The files as they were, where they still have what it wrote; undefined for those that it created. */
  readonly restored: ReadonlyMap<string, string | undefined>;
}

/** Reverses an extraction by its record. Files with other changes at the same places are not among the restored. */
export function reverseRecord(record: string, root: string): RecordedChanges {
  const restored = new Map<string, string | undefined>();
  const files: string[] = [];
  for (const patch of existsSync(record) ? parsePatch(readFileSync(record, 'utf8')) : []) {
    const isNew = patch.oldFileName === '/dev/null';
    const path = join(root, (patch.newFileName ?? '').replace(/^b\//, ''));
    files.push(path);
    const current = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    if (current === undefined) continue;
    const before = applyPatch(current, reversePatch(patch), { fuzzFactor: 0 });
    if (isNew ? before === '' : before !== false) restored.set(path, isNew ? undefined : (before as string));
  }
  return { files, restored };
}
