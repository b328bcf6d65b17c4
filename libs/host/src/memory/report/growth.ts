import type { AllocationProfile, Frame } from '../files/allocation-profile.js';
import { type Position, SourcePositions } from './source-positions.js';

/** A function whose allocations take more memory than before. */
export interface GrownFunction extends Position {
  readonly bytes: number;
  /** By how much more than in the first profile. */
  readonly grown: number;
  /** The functions that called it when it allocated the most, the nearest first. */
  readonly callers: readonly Position[];
}

/** What has grown from one profile to another. */
export interface Growth {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  readonly grown: number;
  /** The one that has grown most first. */
  readonly functions: readonly GrownFunction[];
}

const MAX_CALLERS = 3;

/** @param first undefined where the process did not live long enough for two profiles */
export function growthOf(
  first: AllocationProfile | undefined,
  last: AllocationProfile,
  startedAt: number,
  positions = new SourcePositions(),
): Growth {
  const before = new Map(first?.sites.map(({ stack, bytes }) => [keyOf(stack), bytes]));
  const stacks = last.sites.map(({ stack, bytes }) => {
    const [top, ...callers] = namedFrames(stack).map((frame) => positions.positionOf(frame));
    return { top: top ?? NOWHERE, callers, bytes, grown: bytes - (before.get(keyOf(stack)) ?? 0) };
  });
  const functions = Map.groupBy(stacks, ({ top }) => `${top.functionName}\n${top.file}\n${top.line}`);
  return {
    from: first?.at ?? startedAt,
    to: last.at,
    bytes: last.bytes,
    grown: last.bytes - (first?.bytes ?? 0),
    functions: [...functions.values()]
      .map((same) => {
        const most = same.toSorted((one, other) => other.grown - one.grown)[0]!;
        const sum = (field: 'bytes' | 'grown') => same.reduce((total, each) => total + each[field], 0);
        return { ...most.top, bytes: sum('bytes'), grown: sum('grown'), callers: nearest(most.callers) };
      })
      .filter(({ grown }) => grown > 0)
      .toSorted((one, other) => other.grown - one.grown),
  };
}

const NOWHERE: Position = { functionName: '(V8 and Node.js)', file: '', line: 0 };

const keyOf = (stack: readonly Frame[]) => stack.join('\n');

/** Frames of code that has a file: without V8's own, and without those of Node.js on top, which allocate for their caller. */
function namedFrames(stack: readonly Frame[]): readonly Frame[] {
  const frames = stack.filter(([, script]) => script !== '');
  const first = frames.findIndex(([, script]) => !script.startsWith('node:'));
  return first < 0 ? frames : frames.slice(first);
}

/** Prefers callers outside of packages and of Node.js. */
function nearest(callers: readonly Position[]): readonly Position[] {
  const own = callers.filter(({ file }) => !/^(node:|node_modules\/)/.test(file));
  return (own.length > 0 ? own : callers).slice(0, MAX_CALLERS);
}
