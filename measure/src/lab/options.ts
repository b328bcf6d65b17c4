import { moduleNames } from '@tearline/modules';
import { type Command, InvalidArgumentError } from 'commander';
import { count, listOf, npmScript, positiveNumber } from '../kit/command.js';
import { DEFAULT_MIX, ENDPOINTS, type Mix, parseMix } from './request-mix.js';
import { OPTIONAL_STAGES, type Stage } from './schedule.js';

/** The command line of a run. */
export interface Options {
  /** Modules to measure on a host of their own each, after the named topologies. */
  readonly alone: readonly string[];
  readonly quick: boolean;
  /** In containers, as `npm run compose` runs them. */
  readonly compose: boolean;
  /** The factor of each measurement's duration. */
  readonly times: number;
  readonly mix: Mix;
  /** Processes of each host; by default as many as the hosts have cores. */
  readonly replicas: number | undefined;
  /** The module that is edited. */
  readonly edit: string;
  /** Stages to leave out. */
  readonly without: readonly Stage[];
  readonly connections: number;
  /** The folder of the report. */
  readonly out: string;
  /** The limit of the p50 in milliseconds. */
  readonly budget: number | undefined;
  /** Compares two reports instead. */
  readonly compare: boolean;
}

/** Stages that containers do not allow: they need proxies between hosts, other cores, or other code. */
export const PROCESS_STAGES: readonly Stage[] = ['starts', 'scaling', 'network', 'deploy'];

export const labCommand = (): Command =>
  npmScript(
    'lab',
    'Runs topologies side by side on this machine, each with nginx, a PostgreSQL and a Redis of its own, under the same ' +
      'load, and writes what a split gains and what it costs: report.html, report.md and report.json. The first topology ' +
      'is the baseline, and is measured twice to see how noisy the machine is. It needs Linux, nginx, and an otherwise ' +
      'idle machine. Ctrl-C stops everything that it has started.',
  )
    .argument(
      '[topologies...]',
      'names of files in topologies/, or files (default: monolith microservices media); with --compare two report.json',
    )
    .option(
      '--alone <modules>',
      'also measure the topologies of these modules alone',
      listOf(moduleNames),
      [],
    )
    .option('--quick', '6 minutes, for a first look; a full run takes 36', false)
    .option('--times <n>', 'the factor of each duration, e.g. 2 on a noisy machine', positiveNumber, 1)
    .option(
      '--mix <weights>',
      `endpoints and their weights, e.g. list=30,login=1: ${ENDPOINTS.join(', ')}`,
      parseMix,
    )
    .option('--budget <ms>', 'the limit of the p50, for the break-evens', positiveNumber)
    .option('--edit <module>', 'the module whose deployment is timed', moduleName, 'articles')
    .option('--replicas <n>', 'processes of each host (default: as many as there are cores for them)', count)
    .option(
      '--connections <n>',
      'connections that send at the same time when throughput is measured',
      count,
      32,
    )
    .option('--compose', 'measure containers, as npm run compose runs them; needs Docker and root', false)
    .option(
      '--without <stages>',
      `leave stages out: ${OPTIONAL_STAGES.join(', ')}`,
      listOf(OPTIONAL_STAGES),
      [],
    )
    .option('--out <dir>', 'the folder of the report', 'measure/report')
    .option('--compare', 'print how far two reports agree, and measure nothing', false);

function moduleName(name: string): string {
  if (moduleNames.includes(name)) return name;
  throw new InvalidArgumentError(`No module '${name}'; expected any of ${moduleNames.join(', ')}.`);
}

/** Returns the options with their dependent defaults. */
export function completeOptions(options: Omit<Options, 'mix'> & { mix?: Mix }): Options {
  const { mix = DEFAULT_MIX, compose, without } = options;
  return { ...options, mix, without: [...without, ...(compose ? PROCESS_STAGES : [])] };
}
