import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ContractError, type EventContract, type ModuleManifest } from '@tearline/seam';
import { ON_EVENT } from '../inbox/on-event.decorator.js';
import { Subscriber } from '../inbox/subscriber.decorator.js';
import { EVERY, type Schedule } from '../jobs/every.decorator.js';
import { scheduledJob } from '../jobs/scheduled-job.js';
import type { JobContract } from '../jobs/job.js';
import { ON_JOB } from '../jobs/on-job.decorator.js';
import type { EventBinding, Handlers, JobBinding } from './handlers.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Instance = Record<string, (...args: unknown[]) => Promise<never>>;

/** A method of a `@Subscriber`, with the name of its class for messages. */
interface Method {
  readonly name: string;
  readonly call: (...args: unknown[]) => Promise<never>;
  readonly metadata: (key: string) => unknown;
}

/**
 * Finds what a module's `@Subscriber` providers handle, and compares it with the module's manifest.
 * @throws ContractError for a handler that is missing, there twice or not in the manifest
 */
export function findHandlers(
  manifest: ModuleManifest,
  discovery: DiscoveryService,
  scanner: MetadataScanner,
): Handlers {
  const { name: module } = manifest;
  const events = new Map<string, EventBinding>();
  const jobs = new Map<string, JobBinding>();
  const schedules: Schedule[] = [];
  const named = new Map<string, string>();
  const once = (what: string, { name }: Method) => {
    const other = named.get(what);
    if (other !== undefined) throw new ContractError(`${what} has two handlers: ${other} and ${name}`);
    named.set(what, name);
  };
  for (const method of methodsOf(module, discovery, scanner)) {
    const event = method.metadata(ON_EVENT) as EventContract | undefined;
    if (event) {
      once(`event '${event.name}'`, method);
      events.set(event.name, { contract: event, handle: method.call });
    }
    const job = method.metadata(ON_JOB) as JobContract | undefined;
    if (job) {
      once(`job '${job.name}'`, method);
      jobs.set(job.name, { contract: job, isScheduled: false, handle: method.call });
    }
    const schedule = method.metadata(EVERY) as Schedule | undefined;
    if (schedule) {
      once(`job '${schedule.queue}'`, method);
      schedules.push(schedule);
      jobs.set(schedule.queue, {
        contract: scheduledJob(schedule),
        isScheduled: true,
        handle: () => method.call(),
      });
    }
  }
  const { subscribes = [], jobs: queues = [] } = manifest;
  compare(
    `event`,
    module,
    subscribes.map(({ name }) => name),
    [...events.keys()],
  );
  compare(`job`, module, queues, [...jobs.keys()]);
  return { module, events, jobs, schedules };
}

function* methodsOf(
  module: string,
  discovery: DiscoveryService,
  scanner: MetadataScanner,
): Generator<Method> {
  for (const wrapper of discovery.getProviders()) {
    if (wrapper.isAlias || subscriberOf(wrapper) !== module) continue;
    const owner = String(wrapper.name);
    if (!wrapper.isDependencyTreeStatic())
      throw new ContractError(`${owner} is request-scoped; events and jobs need one instance`);
    const instance = wrapper.instance as Instance;
    const prototype = Object.getPrototypeOf(instance) as Instance;
    for (const name of scanner.getAllMethodNames(prototype)) {
      const method = prototype[name]!;
      yield {
        name: `${owner}.${name}`,
        call: method.bind(instance),
        metadata: (key) => Reflect.getMetadata(key, method) as unknown,
      };
    }
  }
}

/** The mark may be on what was instantiated, or on the class that was declared. */
function subscriberOf({ instance, metatype }: Wrapper): string | undefined {
  for (const candidate of [(instance as object | undefined)?.constructor, metatype]) {
    if (typeof candidate !== 'function') continue;
    const module = Reflect.getMetadata(Subscriber.KEY, candidate) as string | undefined;
    if (module !== undefined) return module;
  }
  return undefined;
}

function compare(kind: string, module: string, listed: readonly string[], handled: readonly string[]): void {
  const missing = listed.filter((name) => !handled.includes(name));
  if (missing.length > 0)
    throw new ContractError(`'${module}' has no handler for the ${kind} '${missing.join("', '")}'`);
  const unlisted = handled.filter((name) => !listed.includes(name));
  if (unlisted.length > 0)
    throw new ContractError(
      `'${module}' handles the ${kind} '${unlisted.join("', '")}', which its manifest does not list`,
    );
}
