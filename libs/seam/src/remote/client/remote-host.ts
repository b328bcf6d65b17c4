import { setTimeout as sleep } from 'node:timers/promises';
import { SeamError } from '../../call/errors.js';
import { Semaphore } from '../../semaphore.js';
import { describeContract } from '../../contract/description.js';
import type { SeamObserver } from '../../seam-observer.js';
import { checkCredential, type Credential } from '../credential.js';
import type { ReplyFrame } from '../frames.js';
import { Endpoint, type EndpointOptions, type ResolvedAddress } from './endpoint.js';
import type { RemoteCall } from './remote-call.js';
import { type RemoteHostOptions, type RemoteHostSettings, withDefaults } from './remote-host-options.js';
import { parseAddress, resolveAddresses } from './resolver.js';

/** A host that refuses does so at once; one that hangs must not hold up the error. */
const PROBE_TIMEOUT_MS = 100;

/** Another host, with all its replicas: chooses one for each call, and knows which are left. */
export class RemoteHost {
  readonly settings: RemoteHostSettings;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #entries: ReturnType<typeof parseAddress>[];
  readonly #options: EndpointOptions;
  readonly #semaphore: Semaphore;
  readonly #timers: NodeJS.Timeout[];
  readonly #resolved: Promise<void>;
  readonly #label: string;
  #list: Endpoint[] = [];
  #nextIndex = 0;

  constructor(
    { contracts, addresses, tuning }: RemoteHostOptions,
    credential: Credential | undefined,
    observer: SeamObserver,
  ) {
    this.settings = withDefaults(tuning);
    this.#label = addresses.join(', ');
    this.#entries = addresses.map(parseAddress);
    this.#options = {
      settings: this.settings,
      credential: checkCredential(credential),
      contracts: contracts.map(describeContract),
      observer,
      findAvailable: () => this.#findAvailable(),
    };
    const { concurrency, maxQueued } = this.settings;
    this.#semaphore = new Semaphore(concurrency, maxQueued, `too many calls of ${this.#label} are waiting`);
    this.#resolved = this.#resolve();
    const { heartbeatInterval, resolveInterval } = this.settings;
    this.#timers = [
      setInterval(() => this.#list.forEach((endpoint) => endpoint.checkHealth()), heartbeatInterval).unref(),
      setInterval(() => void this.#resolve(), resolveInterval).unref(),
    ];
  }

  /** Whether a repeated command is answered from the reply of its first run, wherever it arrives. */
  get honoursKeys(): boolean {
    return this.#list.every(({ honoursKeys, isAvailable }) => honoursKeys || !isAvailable);
  }

  /**
   * Sends a call to the address with the least calls under way.
   * @throws SeamError `unavailable` when there is none left or too much waits already
   * @throws TransportError when the connection failed the call
   */
  send(call: RemoteCall): Promise<ReplyFrame> {
    return this.#semaphore.run(() => this.#choose(call));
  }

  /** Lets calls under way end, and then the connections. */
  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const endpoint of this.#list) endpoint.close();
  }

  async #choose(call: RemoteCall): Promise<ReplyFrame> {
    if (this.#list.length === 0) await this.#resolved;
    if (call.hasEnded) throw new SeamError('cancelled');
    const endpoint = this.#pick(call.remote.path) ?? (await this.#probeAll(call));
    return endpoint.send(call);
  }

  /** @throws SeamError `incompatible` when only addresses with another version are left */
  #pick(path: string): Endpoint | undefined {
    const list = this.#list;
    let best: Endpoint | undefined;
    let lastResort: Endpoint | undefined;
    let refusal: string | undefined;
    this.#nextIndex += 1;
    for (let step = 0; step < list.length; step++) {
      const endpoint = list[(this.#nextIndex + step) % list.length]!;
      if (!endpoint.isAvailable) {
        if (endpoint.isGoingAway) lastResort = endpoint;
        continue;
      }
      const refused = endpoint.incompatibleMethods.get(path);
      if (refused !== undefined) refusal = refused;
      else if (!best || endpoint.pending < best.pending) best = endpoint;
    }
    best ??= lastResort;
    if (!best && refusal !== undefined) throw new SeamError('incompatible', { message: refusal });
    return best;
  }

  /** Probes every ejected endpoint before a call fails, since one may be back since the last heartbeat. */
  async #probeAll(call: RemoteCall): Promise<Endpoint> {
    await Promise.race([this.#findAvailable(), sleep(PROBE_TIMEOUT_MS, undefined, { ref: false })]);
    if (call.hasEnded) throw new SeamError('cancelled');
    const endpoint = this.#pick(call.remote.path);
    if (endpoint) return endpoint;
    throw new SeamError('unavailable', { message: `no address of ${this.#label} answers` });
  }

  /** Resolves at the first endpoint that can be trusted to answer, or once none has answered a probe. */
  #findAvailable(): Promise<unknown> {
    if (this.#list.some(({ isAvailable }) => isAvailable)) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const probes = this.#list.map(async (endpoint) => (await endpoint.probe()) && resolve());
    return Promise.race([promise, Promise.all(probes)]);
  }

  async #resolve(): Promise<void> {
    const addresses = await resolveAddresses(this.#entries);
    // A resolver that is down for a moment must not cost the addresses that work.
    if (addresses.length === 0) return;
    const resolved = addresses.map((address) => this.#endpointAt(address));
    for (const [label, endpoint] of this.#endpoints)
      if (!resolved.includes(endpoint)) {
        this.#endpoints.delete(label);
        endpoint.close();
        this.#options.observer.removed?.(label);
      }
    this.#list = [...this.#endpoints.values()];
  }

  #endpointAt(address: ResolvedAddress): Endpoint {
    const added = new Endpoint(address, this.#options);
    const known = this.#endpoints.get(added.label);
    if (known) return known;
    this.#endpoints.set(added.label, added);
    added.preconnect();
    return added;
  }
}
