import { parseArgs } from 'node:util';
import { ENDPOINTS, type Mix, parseMix, DEFAULT_MIX } from './load/request-mix.js';
import { UsageError } from './usage-error.js';
import { STAGES, type Stage } from './schedule.js';
import { whole } from '../bench/options.js';

/** What a run measures. */
export interface Options {
  /** The first one is what the others are compared with. */
  readonly topologies: readonly string[];
  readonly quick: boolean;
  /** In containers, as docker/compose.yaml has them. */
  readonly compose: boolean;
  /** How many times as long as usual each measurement takes. */
  readonly times: number;
  readonly mix: Mix;
  /** Processes of each host; as many as the hosts have cores by default. */
  readonly replicas: number | undefined;
  /** The module that is edited. */
  readonly edit: string;
  /** Stages to leave out. */
  readonly without: readonly Stage[];
  readonly connections: number;
  /** The folder to write to. */
  readonly out: string;
  /** Milliseconds that half of the requests must stay within. */
  readonly budget: number | undefined;
}

export const HELP = `npm run lab -- [<topology> …] [options]

Runs topologies side by side on this machine, each with nginx, a PostgreSQL and a Redis of its own, under the same load,
and writes what the split buys and what it costs to measure/report/: report.html, report.md, report.json. The first one named
is what the others are compared with, and is measured twice to see how noisy the machine is.

  <topology>         topologies/<name>.yaml, or a file (monolith microservices media)
  --quick            3 minutes: a look, not figures to quote; a full run takes 30
  --times N          each measurement takes N times as long, e.g. 2 on a noisy machine
  --mix E=N,…        the parts of the requests: ${ENDPOINTS.slice(0, 7).join(', ')},
                     ${ENDPOINTS.slice(7).join(', ')}
  --budget MS        what half of the requests must stay within; for the break-evens
  --edit MODULE      the module whose deployment is timed (articles)
  --replicas N       processes of each host (as many as there are cores for them)
  --connections N    that load at once when throughput is measured (32)
  --compose          in containers, as docker/compose.yaml has them, instead of processes: throughput, latency, CPU,
                     memory and blast radius; needs Docker, and root for reading what containers use
  --without S,…      leaves stages out: ${STAGES.slice(2).join(', ')}
  --out DIR          another folder for the report
  --compare A B      says how far two reports agree (files report.json), and measures nothing
  --help

It needs Linux, nginx, and to be left alone meanwhile. Ctrl-C ends it and all that it has started.
`;

/** What the command line asks for. */
export type Request =
  | { readonly kind: 'help' }
  | { readonly kind: 'compare'; readonly files: readonly [string, string] }
  | { readonly kind: 'run'; readonly options: Options };

/** @throws UsageError */
export function requestFrom(args: readonly string[], modules: readonly string[]): Request {
  const { values, positionals } = parsed(args);
  if (values.help) return { kind: 'help' };
  if (values.compare) {
    const [one, other, ...more] = positionals;
    if (one === undefined || other === undefined || more.length > 0)
      throw new UsageError(
        '--compare takes two files: npm run lab -- --compare one/report.json other/report.json',
      );
    return { kind: 'compare', files: [one, other] };
  }
  const topologies = positionals.length > 0 ? positionals : ['monolith', 'microservices', 'media'];
  const twice = topologies.find((name, index) => topologies.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`topology '${twice}' is named twice; name each once`);
  const edit = values.edit ?? 'articles';
  if (!modules.includes(edit))
    throw new UsageError(`--edit: no module '${edit}'; there are ${modules.join(', ')}`);
  return {
    kind: 'run',
    options: {
      topologies,
      quick: values.quick ?? false,
      compose: values.compose ?? false,
      times: mistake(() => positive('times', values.times)) ?? 1,
      edit,
      mix: mistake(() => (values.mix === undefined ? DEFAULT_MIX : parseMix(values.mix))),
      replicas: mistake(() => whole('replicas', values.replicas)),
      connections: mistake(() => whole('connections', values.connections)) ?? 32,
      budget: mistake(() => positive('budget', values.budget)),
      without: [
        ...(values.without?.split(',') ?? []).map(stageNamed),
        ...(values.compose ? OF_PROCESSES : []),
      ],
      out: values.out ?? 'measure/report',
    },
  };
}

/** Stages that need what containers cannot do: proxies in between, other cores, other code. */
const OF_PROCESSES: readonly Stage[] = ['scaling', 'sweep', 'deploy'];

function stageNamed(name: string): Stage {
  const known = STAGES.slice(2).find((stage) => stage === name);
  if (!known) throw new UsageError(`--without: no stage '${name}'; there are ${STAGES.slice(2).join(', ')}`);
  return known;
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} '${text}': must be a number above 0`);
  return value;
}

function mistake<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean' },
        compose: { type: 'boolean' },
        times: { type: 'string' },
        mix: { type: 'string' },
        budget: { type: 'string' },
        edit: { type: 'string' },
        replicas: { type: 'string' },
        connections: { type: 'string' },
        without: { type: 'string' },
        out: { type: 'string' },
        compare: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    // Node's second sentence explains how to write a file's name that looks like an option.
    const [what] = (error as Error).message.split('. ');
    throw new UsageError(`${what}; npm run lab -- --help lists the options`, { cause: error });
  }
}
