import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { covers, laterPosition } from '../call/consistency.js';
import { KeySequence } from '../call/key-sequence.js';
import { SeamError } from '../call/errors.js';
import { incompatibilities, type MethodDescription } from '../contract/description.js';
import { ErrorCodec, type ErrorOnWire } from '../contract/error-codec.js';
import { ANYTHING } from '../contract/schema.js';
import { fromWire, toWire } from '../contract/wire-value.js';
import { proof } from './credential.js';
import { FrameSocket } from './frame-socket.js';

/** The test vectors of docs/guide/wire-protocol.md, which other implementations pass too. */
function vectors(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../vectors/${file}.json`, import.meta.url), 'utf8'));
}

type Notation = Readonly<Record<string, unknown>>;

/** Makes the value that a neutral notation stands for. */
function valueOf(notation: Notation): unknown {
  const [[kind, content] = []] = Object.entries(notation);
  switch (kind) {
    case 'json':
      return content;
    case 'date':
      return new Date((content as number | null) ?? Number.NaN);
    case 'bigint':
      return BigInt(content as string);
    case 'bytes':
      return new Uint8Array(content as number[]);
    case 'buffer':
      return Buffer.from(content as number[]);
    case 'number':
      return Number(content);
    case 'undefined':
      return undefined;
    case 'list':
      return (content as Notation[]).map(valueOf);
    case 'fields':
      return Object.fromEntries(
        Object.entries(content as Record<string, Notation>).map(([key, each]) => [key, valueOf(each)]),
      );
    default:
      throw new Error(`no notation '${kind}'`);
  }
}

interface FrameVector {
  readonly name: string;
  readonly limit: number;
  readonly bytes: readonly string[];
  readonly messages: readonly unknown[];
  readonly error?: string;
}

describe('frames', () => {
  it.each(vectors('frames') as FrameVector[])('$name', ({ limit, bytes, messages, error }) => {
    const socket = new Socket();
    let reason: string | undefined;
    socket.destroy = (cause?: Error) => {
      // How a parser words its error is its own business.
      reason ??= error === 'any' ? 'any' : (cause?.message ?? '');
      return socket;
    };
    const received: unknown[] = [];
    const frames = new FrameSocket(socket, limit);
    frames.on('message', (message: unknown) => received.push(message));
    for (const chunk of bytes) socket.emit('data', Buffer.from(chunk));
    expect(received).toEqual(messages);
    expect(reason).toBe(error);
  });
});

interface HandshakeVector {
  readonly secret: string;
  readonly challenge: string;
  readonly nonce: string;
  readonly client: string;
  readonly server: string;
}

it.each(vectors('handshake') as HandshakeVector[])(
  'the proofs for the challenge $challenge',
  ({ secret, challenge, nonce, client, server }) => {
    expect(proof({ secret }, 'client', challenge, nonce)).toBe(client);
    expect(proof({ secret }, 'server', challenge, nonce)).toBe(server);
  },
);

interface ValueVector {
  readonly name: string;
  readonly value?: Notation;
  readonly wire: unknown;
  /** What arrives, where that is not what left. */
  readonly decoded?: Notation;
}

describe('values', () => {
  const all = vectors('values') as ValueVector[];

  it.each(all.filter(({ value }) => value !== undefined))(
    'leave as their wire form: $name',
    ({ value, wire }) => {
      expect(JSON.parse(JSON.stringify(toWire(valueOf(value!), new Map())))).toEqual(wire);
    },
  );

  it.each(all)('arrive: $name', ({ value, wire, decoded }) => {
    expect(fromWire(structuredClone(wire), new Map())).toEqual(valueOf((decoded ?? value)!));
  });
});

interface ErrorVector {
  readonly name: string;
  readonly error: { readonly code: string; message: string; retryable: boolean; data?: Notation };
  readonly wire: ErrorOnWire;
}

describe('errors', () => {
  it.each(vectors('errors') as ErrorVector[])('$name', ({ error: { code, data, ...rest }, wire }) => {
    const codec = new ErrorCodec('sample.one', new Map([[code, ANYTHING]]), false, new Map());
    const error = new SeamError(code, { ...rest, ...(data && { data: valueOf(data) }) });
    expect(JSON.parse(codec.encode(error))).toEqual(wire);
    const { message, data: arrived, ...others } = codec.decode(structuredClone(wire)) as SeamError;
    expect({ message, code: others.code, retryable: others.retryable, data: arrived }).toEqual({
      ...rest,
      code,
      data: data && valueOf(data),
    });
  });
});

interface CompatibilityVector {
  readonly name: string;
  readonly caller: MethodDescription;
  readonly callee: MethodDescription | null;
  readonly problem: string | null;
}

describe('versions of a method', () => {
  it.each(vectors('compatibility') as CompatibilityVector[])('$name', ({ caller, callee, problem }) => {
    const found = incompatibilities(
      { name: 'sample', methods: { one: caller } },
      { name: 'sample', methods: callee ? { one: callee } : {} },
    );
    expect(found.get('sample.one') ?? null).toBe(problem);
  });
});

it('keys of the calls of a request', () => {
  const { key, calls } = vectors('keys') as {
    key: string;
    calls: { method: string; nth: number; key: string }[];
  };
  const sequence = new KeySequence(key);
  expect(calls.map(({ method }) => sequence.next(method))).toEqual(calls.map((call) => call.key));
});

interface PositionVector {
  readonly known: string | null;
  readonly other: string;
  readonly later: string;
  readonly knownCoversOther: boolean;
}

it.each(vectors('positions') as PositionVector[])(
  'positions $known and $other',
  ({ known, other, later, knownCoversOther }) => {
    expect(laterPosition(known ?? undefined, other)).toBe(later);
    expect(covers(known, other)).toBe(knownCoversOther);
  },
);
