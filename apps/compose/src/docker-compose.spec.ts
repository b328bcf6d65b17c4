import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { DockerCompose } from './docker-compose.js';

/** Returns a folder for PATH with a program called docker. */
function pathWith(docker: string | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), 'docker-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  if (docker !== undefined) writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${docker}\n`, { mode: 0o755 });
  return folder;
}

/** As docker without the plugin. */
const WITHOUT_PLUGIN = `[ "$2" = --file ] && echo "unknown flag: --file" >&2 || echo "docker: unknown command: docker $1" >&2; exit 1`;

it.each([
  ['without docker', undefined, 'docker is not installed, or not in PATH'],
  ['without its plugin', WITHOUT_PLUGIN, 'docker has no plugin called compose. Install it with'],
])('%s names what is to be installed', async (_, docker, message) => {
  const compose = new DockerCompose('compose.yaml', undefined, { PATH: pathWith(docker) });
  await expect(compose.run('up')).rejects.toThrow(message);
  await expect(compose.containers()).rejects.toThrow(message);
});

it('runs docker compose where it is installed', async () => {
  const compose = new DockerCompose('compose.yaml', 'one', {
    PATH: pathWith('[ "$2" = version ] || echo "$*"'),
  });
  expect(await compose.output('ps')).toBe('compose --file compose.yaml --project-name one ps\n');
});
