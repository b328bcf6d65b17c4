/** Runs the proxies of a deployment; see `startProxies`. */
import { parentPort, workerData } from 'node:worker_threads';
import { DelayProxy, EmulatedNetwork } from './delay-proxy.js';
import type { ProxyThreadData } from './proxies.js';

const { ports, state } = workerData as ProxyThreadData;
const network = new EmulatedNetwork(state);
parentPort!.postMessage(await Promise.all(ports.map((port) => new DelayProxy(network, port).listen())), []);
