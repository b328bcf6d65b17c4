import type { SeamRuntime } from '../../call/bound-method.js';
import type { Contract, Method } from '../../contract/contract.js';
import type { RecordCall } from '../../seam-observer.js';
import { Codec } from '../codec.js';

/** One method that another process answers. */
export class RemoteMethod {
  readonly path: string;
  readonly method: Method;
  readonly input: Codec;
  readonly output: Codec;
  readonly record: RecordCall;

  constructor(
    readonly runtime: SeamRuntime,
    readonly contract: Contract,
    readonly key: string,
  ) {
    this.method = contract.methods[key]!;
    this.path = `${contract.name}.${key}`;
    const wires = contract.wires[key]!;
    this.input = new Codec(`${this.path} input`, this.method.input, wires.input);
    this.output = new Codec(`${this.path} output`, this.method.output, wires.output);
    this.record = runtime.observer.callRecorder(contract.name, key, 'remote');
  }
}
