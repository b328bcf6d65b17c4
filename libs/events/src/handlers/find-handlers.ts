import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ContractError, type EventContract, type ModuleManifest } from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import { type Message, ON_EVENT, Subscriber } from '../inbox/on-event.decorator.js';
import { EVERY, type Schedule, scheduledJob } from '../jobs/every.decorator.js';
import type { JobContract, JobPayloadOf } from '../jobs/job.js';
import { ON_JOB, type REQUEUE, type RunningJob } from '../jobs/on-job.decorator.js';

/** A method with `@OnEvent`. */
export interface EventBinding {
  readonly contract: EventContract;
  readonly handle: (event: Message, manager: EntityManager) => Promise<void>;
}

/** A method with `@OnJob` or `@Every`. */
export interface JobBinding {
  readonly contract: JobContract;
  /** Whether a schedule adds the next run, so that a failed run is logged and deleted. */
  readonly isScheduled: boolean;
  readonly handle: (payload: JobPayloadOf<JobContract>, job: RunningJob) => Promise<void | typeof REQUEUE>;
}

/** The handlers of one module, by event name and by queue. */
export interface Handlers {
  readonly module: string;
  readonly events: ReadonlyMap<string, EventBinding>;
  readonly jobs: ReadonlyMap<string, JobBinding>;
  readonly schedules: readonly Schedule[];
}

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Instance = Record<string, (...args: unknown[]) => Promise<never>>;

/** A method of a `@Subscriber`; `name` is `Class.method`, for error messages. */
interface Method {
  readonly name: string;
  readonly invoke: (...args: unknown[]) => Promise<never>;
  readonly metadata: (key: string) => unknown;
}

/**
 * Finds the handlers of a module's `@Subscriber` providers and compares them with its manifest.
 * @throws ContractError for a handler that is missing, exists twice or is not in the manifest
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
  const owners = new Map<string, string>();
  const requireUnique = (subject: string, { name }: Method) => {
    const other = owners.get(subject);
    if (other !== undefined) throw new ContractError(`${subject} has two handlers: ${other} and ${name}`);
    owners.set(subject, name);
  };
  for (const method of methodsOf(module, discovery, scanner)) {
    const event = method.metadata(ON_EVENT) as EventContract | undefined;
    if (event) {
      requireUnique(`event '${event.name}'`, method);
      events.set(event.name, { contract: event, handle: method.invoke });
    }
    const job = method.metadata(ON_JOB) as JobContract | undefined;
    if (job) {
      requireUnique(`job '${job.name}'`, method);
      jobs.set(job.name, { contract: job, isScheduled: false, handle: method.invoke });
    }
    const schedule = method.metadata(EVERY) as Schedule | undefined;
    if (schedule) {
      requireUnique(`job '${schedule.queue}'`, method);
      schedules.push(schedule);
      jobs.set(schedule.queue, {
        contract: scheduledJob(schedule),
        isScheduled: true,
        handle: () => method.invoke(),
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
        invoke: method.bind(instance),
        metadata: (key) => Reflect.getMetadata(key, method) as unknown,
      };
    }
  }
}

/** The decorator may be on the class of the instance (a factory) or on the declared class. */
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
