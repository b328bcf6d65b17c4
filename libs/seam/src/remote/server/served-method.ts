import type { BoundMethod, SeamRuntime } from '../../call/bound-method.js';
import type { Contract, Method } from '../../contract/contract.js';
import type { RecordCall } from '../../seam-observer.js';
import { Codec } from '../codec.js';

/** A contract that this process answers, with what answers it. */
export interface Exposed {
  readonly contract: Contract;
  readonly implementations: Readonly<Record<string, BoundMethod>>;
}

/** One method that other processes may call. */
export class ServedMethod {
  readonly path: string;
  readonly input: Codec;
  readonly output: Codec;
  readonly record: RecordCall;
  readonly method: Method;

  constructor(
    readonly runtime: SeamRuntime,
    readonly contract: Contract,
    readonly key: string,
    readonly implementation: BoundMethod,
  ) {
    this.method = contract.methods[key]!;
    this.path = `${contract.name}.${key}`;
    const wires = contract.wires[key]!;
    this.input = new Codec(`${this.path} input`, this.method.input, wires.input);
    this.output = new Codec(`${this.path} output`, this.method.output, wires.output);
    this.record = runtime.observer.callRecorder(contract.name, key, 'server');
  }
}
