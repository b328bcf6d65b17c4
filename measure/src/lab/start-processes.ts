import { findNginx } from '@tearline/process';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Deployment } from './deployment/deployment.js';
import { injectFaults } from './measure/fault-injection.js';
import { measureNetwork } from './measure/network.js';
import { measureRollout } from './measure/rollout.js';
import { measureScaling } from './measure/scaling.js';
import { measureStarts } from './measure/starts.js';
import { Workspace } from './measure/workspace.js';
import type { RunStage, Setup, Started } from './setup.js';
import { createTemplate, type Stack, startStack } from './stack.js';
import { withRepetition } from './target.js';

/** Starts each topology in processes, with a PostgreSQL and a Redis of its own. @throws UsageError without nginx */
export async function startProcesses(setup: Setup, cleanup: AsyncDisposableStack): Promise<Started> {
  const { topologies, dir, progress } = setup;
  await findNginx(process.env['PATH']);
  const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
  progress('seeding a database');
  const template = await createTemplate(dir, cleanup);
  const stacks: Stack[] = [];
  const targets: Deployment[] = [];
  for (const [name, topology] of withRepetition(topologies)) {
    progress(`starting ${name}`);
    const stack = await startStack({ ...setup, name, topology, template, hasRedis }, cleanup);
    stacks.push(stack);
    targets.push(await stack.deploy());
  }
  return {
    targets,
    samples: template.samples,
    servers: { postgres: template.postgres, queues: hasRedis ? 'Redis' : 'PostgreSQL' },
    // PostgreSQL outlives the process that starts it.
    pids: stacks.map(({ postgres }) => postgres),
    measureStages: (runStage) => measureStages(setup, stacks, targets, runStage),
  };
}

async function measureStages(
  { dir, cores, replicas, options: { edit } }: Setup,
  stacks: readonly Stack[],
  targets: readonly Deployment[],
  runStage: RunStage,
) {
  const faults = await runStage('faults', targets, injectFaults);
  const starts = await runStage('starts', targets, measureStarts);
  const scaling = await runStage('scaling', targets, (target, measurement) =>
    measureScaling(target, measurement, cores.data),
  );
  await Promise.all(targets.map((target) => target.stop()));
  const splits = stacks.filter(({ topology }) => topology.hosts.length > 1);
  const network = await runStage('network', splits, measureNetwork);
  let workspace: Workspace | undefined;
  let buildSeconds = 0;
  const deploys = await runStage('deploy', stacks, async (stack, measurement) => {
    if (!workspace) {
      measurement.progress(`editing and building ${edit} in a copy of the repository`);
      workspace = await Workspace.copy(join(dir, 'workspace'), cores.hosts);
      buildSeconds = await workspace.editAndBuild(edit);
    }
    const built = { workspace, module: edit, buildSeconds };
    return measureRollout(stack, { ...measurement, ...built, replicas: Math.max(2, replicas) });
  });
  return { faults, starts, scaling, network, deploys };
}
