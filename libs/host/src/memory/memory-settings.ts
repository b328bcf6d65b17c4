import { numberSetting, oneOfSetting, pathSetting } from '@tearline/settings';
import { z } from 'zod';

/** Settings of the evidence that a process leaves of its memory. */
export const memorySettings = {
  MEMORY_EVIDENCE_DIR: pathSetting().optional().meta({
    description:
      'folder, on a volume, for the [evidence of what memory was used for](memory.md); without it none is left',
    assigned: true,
  }),
  MEMORY_LIMIT_MIB: numberSetting(1, 99_999_999).optional().meta({
    description: 'memory at which something other than the container ends the process, in MiB',
    defaultText: 'that of the container, else of the machine',
  }),
  MEMORY_SNAPSHOT: oneOfSetting('on', 'off').default('off').meta({
    description:
      '`on` writes a [heap snapshot](memory.md#heap-snapshots) when the heap is nearly full and memory for it is left; it contains all values, secrets among them',
  }),
};

/** The values of {@link memorySettings}. */
export type MemorySettings = z.output<z.ZodObject<typeof memorySettings>>;
