import type { Carried } from '../call/carriers.js';
import type { ConsistencyOnWire, Position } from '../call/consistency.js';
import type { ReadWatermarkOnWire } from '../call/read-watermark.js';
import type { ContractDescription } from '../contract/description.js';
import type { ErrorOnWire } from '../contract/error-codec.js';

/** What travels beside the input of a call. */
export interface Metadata {
  readonly requestId: string;
  /** Milliseconds until the deadline; a duration, since the clocks of two machines differ. */
  readonly left: number;
  readonly traceparent?: string | undefined;
  /** Id of the principal, as verified by the caller. */
  readonly principal?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly consistency?: ConsistencyOnWire | undefined;
  /** Whether the caller wants to know how far the data is that the call reads. */
  readonly readWatermark?: true | undefined;
  /** Values of other libraries' contexts. */
  readonly carried?: Carried | undefined;
}

/** Asks for a call. `data` is the input in wire form, missing for `undefined`. */
export interface RequestFrame {
  readonly id: number;
  readonly pattern: string;
  readonly metadata: Metadata;
  readonly data?: unknown;
}

/** Ends a call. `response` is the output in wire form, missing for `undefined`. */
export interface ReplyFrame {
  readonly id: number;
  readonly response?: unknown;
  readonly err?: ErrorOnWire;
  /** The call was turned away before it began, so it may go elsewhere whatever it is. */
  readonly refused?: boolean;
  /** How far the modules were that the call has written to, also when it failed after that. */
  readonly written?: Readonly<Record<string, Position>>;
  /** Modules that could not be asked, and whose older or missing answers the reply is made of; one that leaves it out has none. */
  readonly degraded?: readonly string[];
  /** How far the data was that the call has read, where that was asked for. */
  readonly readWatermark?: ReadWatermarkOnWire;
}

/** The server's answer to a hello with the right proof: the client may call. */
export interface Accept {
  readonly proof: string;
  readonly contracts: readonly ContractDescription[];
  /** Whether a repeated command is answered from the reply of its first run. */
  readonly honoursKeys: boolean;
  readonly deployment?: string | undefined;
}

/** From client to server. */
export type ClientFrame = Partial<RequestFrame> & {
  /** The first frame of a client. */
  readonly hello?: {
    readonly nonce: string;
    readonly proof: string;
    readonly deployment?: string | undefined;
  };
  /** Id of a call to cancel. */
  readonly cancel?: number;
  readonly ping?: number;
};

/** From server to client. */
export type ServerFrame = Partial<ReplyFrame> & {
  /** The first frame of a server. */
  readonly challenge?: string;
  readonly accept?: Accept;
  readonly pong?: number;
  /** Calls under way will end; new ones should go elsewhere. */
  readonly goAway?: boolean;
};
