import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ChangeSet } from '../change-set.js';
import type { Finding } from '../finding.js';
import { format } from '../format.js';
import { locationOf } from '../source/location.js';
import { openSources, packageRoot } from '../source/open-sources.js';
import { entryPointOf } from '../source/root-module.js';
import { seamListOf } from '../source/seam-list.js';
import { addServer } from './add-server.js';
import { addSettings } from './add-settings.js';
import { addToRootModule } from './add-to-root-module.js';

export interface Initialization {
  readonly changes: ChangeSet;
  readonly findings: readonly Finding[];
}

/** Adds the seam to an application: its root module, its entry file and its example of settings. Writes nothing. */
export async function init(dir: string): Promise<Initialization> {
  const root = packageRoot(resolve(dir));
  const project = openSources(dir);
  const { main, create, rootModule } = entryPointOf(project, dir);
  const findings: Finding[] = [];
  const names = addToRootModule(project, rootModule);
  if (!seamListOf(rootModule))
    findings.push({
      where: locationOf(rootModule.declaration, root),
      what: `the imports of ${rootModule.className} name no module of this application`,
      wayOut:
        "add seamModules({ users: UsersModule }) from '@tearline/seam' to its imports, with your modules",
      stops: false,
    });
  if (!addServer(main, create))
    findings.push({
      where: locationOf(create, root),
      what: 'found no place before the application listens',
      wayOut: "await seamServer(app) from '@tearline/seam' there, before app.listen()",
      stops: false,
    });
  const changes = new ChangeSet(root);
  changes.addProject(project);
  await format(changes);
  const settings = join(root, '.env.example');
  const text = existsSync(settings) ? readFileSync(settings, 'utf8') : '';
  changes.set(settings, addSettings(text, names) || undefined);
  return { changes, findings };
}
