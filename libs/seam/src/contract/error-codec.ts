import { HttpException } from '@nestjs/common';
import { isBuiltIn, isSeamError, SeamError } from '../call/errors.js';
import { Codec } from './codec.js';
import { travel } from './differences.js';
import { type HttpExceptionOnWire, nestClassOf, toHttpException } from './http-exception.js';
import { ANYTHING, type CompiledSchema } from './schema.js';
import type { Classes } from './wire-value.js';

/** What a call can end with: a `SeamError`, or another exception of Nest where the contract allows it. */
export type CallError = HttpException;

/** An error as it travels; its cause and its stack stay with the callee. */
export interface ErrorOnWire {
  readonly code: string;
  readonly message: string;
  /** Missing for `undefined`. */
  readonly data?: unknown;
  readonly retryable: boolean;
  /** An exception of Nest; `data` is its response. */
  readonly http?: HttpExceptionOnWire;
}

/** Returns the outcome of a call that ended with an error: its code, or `http-404`. */
export function outcomeOf(error: CallError): string {
  return isSeamError(error) ? error.code : `http-${error.getStatus()}`;
}

/** Turns the errors of one method into JSON, and back. */
export class ErrorCodec {
  readonly #data: ReadonlyMap<string, Codec>;
  readonly #anyData: Codec;

  /**
   * @param path `<contract>.<method>`
   * @param declared the codes that the method may end with, and what is known of their data
   */
  constructor(
    path: string,
    private readonly declared: ReadonlyMap<string, CompiledSchema>,
    private readonly httpExceptions: boolean,
    classes: Classes,
  ) {
    const codecOf = ([code, schema]: [string, CompiledSchema]) =>
      [code, new Codec(`${path} error '${code}' data`, schema, classes)] as const;
    this.#data = new Map([...declared].map(codecOf));
    this.#anyData = new Codec(`${path} error data`, ANYTHING, classes);
  }

  /** Whether an error may leave the method: its code is built in, or the contract allows it. */
  declares(error: unknown): error is CallError {
    if (isSeamError(error)) return isBuiltIn(error.code) || this.declared.has(error.code);
    return this.httpExceptions && error instanceof HttpException;
  }

  /**
   * Returns an error as JSON text.
   * @throws Error when its data is not what the contract says, or has no wire form
   */
  encode(error: CallError): string {
    const [codec, data] = this.#dataOf(error);
    const json = codec.encode(data);
    const head: Omit<ErrorOnWire, 'data'> = {
      code: outcomeOf(error),
      message: error.message,
      retryable: isSeamError(error) && error.retryable,
      ...(!isSeamError(error) && { http: { type: nestClassOf(error), status: error.getStatus() } }),
    };
    const text = JSON.stringify(head);
    return json === undefined ? text : `${text.slice(0, -1)},"data":${json}}`;
  }

  /**
   * Returns the error that came from a peer; the caller has to ask whether it is declared.
   * @throws InvalidValue when its data is not what the contract says
   */
  decode({ code, message, data, retryable, http }: ErrorOnWire): CallError {
    if (http) return toHttpException(http, message, this.#anyData.decode(data));
    const codec = this.#data.get(code) ?? this.#anyData;
    return new SeamError(code, { message, data: codec.decode(data), retryable });
  }

  /** Returns the differences between what an error carries and what arrives of it. */
  differencesOf(error: CallError): readonly string[] {
    return travel(...this.#dataOf(error)).differences;
  }

  #dataOf(error: CallError): [Codec, unknown] {
    if (isSeamError(error)) return [this.#data.get(error.code) ?? this.#anyData, error.data];
    return [this.#anyData, error.getResponse()];
  }
}
