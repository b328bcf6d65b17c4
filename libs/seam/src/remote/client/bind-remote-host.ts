import type { BoundMethod, SeamRuntime } from '../../call/bound-method.js';
import type { Contract } from '../../contract/contract.js';
import type { Credential } from '../credential.js';
import { bindRemote } from './remote-binding.js';
import { RemoteHost } from './remote-host.js';
import type { RemoteHostOptions } from './remote-host-options.js';

/**
 * Begins to connect to a host, and binds the methods of its contracts.
 * @param bind called for each method
 * @returns a function that closes the connections once the calls on them have ended
 */
export function bindRemoteHost(
  runtime: SeamRuntime,
  options: RemoteHostOptions,
  credential: Credential | undefined,
  bind: (contract: Contract, key: string, method: BoundMethod) => void,
): () => void {
  const host = new RemoteHost(options, credential, runtime.observer);
  for (const contract of options.contracts)
    for (const key of Object.keys(contract.methods))
      bind(contract, key, bindRemote(runtime, host, contract, key));
  return () => host.close();
}
