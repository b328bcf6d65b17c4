import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SettingsError } from '@tearline/settings';
import type { Logger } from 'pino';
import type { MemoryEvidence } from './memory-evidence.js';
import type { MemorySettings } from './memory-settings.js';

/**
 * Begins to leave evidence of the memory of this process; undefined, and nothing of it is loaded, without `MEMORY_EVIDENCE_DIR`.
 * @param modules that this process runs: processes with the same ones find each other's evidence
 * @throws SettingsError when the folder cannot be written to
 */
export async function openMemoryEvidence(
  settings: MemorySettings,
  modules: readonly string[],
  log: Logger,
): Promise<MemoryEvidence | undefined> {
  const { MEMORY_EVIDENCE_DIR: root, MEMORY_LIMIT_MIB: limit, MEMORY_SNAPSHOT: snapshot } = settings;
  if (root === undefined) return undefined;
  const { MemoryEvidence } = await import('./memory-evidence.js');
  const dir = join(root, modules.join('-'));
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return new MemoryEvidence({
      dir,
      modules,
      memoryLimit: limit === undefined ? undefined : limit * 1_048_576,
      snapshot: snapshot === 'on',
      warn: (message, fields) => log.warn(fields, message),
    });
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new SettingsError([
      `MEMORY_EVIDENCE_DIR: '${dir}' cannot be written to (${code}); correct it, or leave it out`,
    ]);
  }
}
