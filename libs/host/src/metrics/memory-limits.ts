import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { Gauge, type Registry } from 'prom-client';

/** Registers the limits that the memory of the process, in prom-client's own metrics, is compared with. */
export function registerMemoryLimits(registry: Registry): void {
  const limit = (name: string, help: string, bytes: number) =>
    new Gauge({ name, help, registers: [registry] }).set(bytes);
  limit(
    'process_memory_limit_bytes',
    'Memory that the process may use: that of its container or service, else of the machine.',
    containerLimit() ?? totalmem(),
  );
  limit('nodejs_heap_size_limit_bytes', 'Size that the old generation of the heap may reach.', heapLimit());
}

/** Returns the memory of the container or service; undefined without a limit, where `constrainedMemory()` is 0 or larger than any machine. */
export function containerLimit(): number | undefined {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : undefined;
}

/** Three semi-spaces of 64 MiB, on a 64-bit machine. */
const YOUNG_GENERATION = 192 * 1_048_576;

/**
 * Returns the size at which V8 gives up. V8's own limit counts the young generation, which objects that stay leave: with an old generation
 * of 307 MiB it is 499, which such a heap never comes near to.
 */
export function heapLimit(): number {
  const { heap_size_limit: limit } = getHeapStatistics();
  const [, semiSpace] = /--max[-_]semi[-_]space[-_]size[= ](\d+)/.exec(process.execArgv.join(' ')) ?? [];
  const young = semiSpace === undefined ? YOUNG_GENERATION : 3 * Number(semiSpace) * 1_048_576;
  return limit > young ? limit - young : limit;
}
