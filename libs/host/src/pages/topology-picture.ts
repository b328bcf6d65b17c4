import type { ModuleManifest } from '@tearline/seam';
import type { HostDescription } from '../about.js';
import type { ReplicaHealth } from '../health/topology-health.js';
import { escapeHtml } from './html.js';

/** A host with the health of each of its replicas. */
export interface HostState extends Pick<HostDescription, 'name' | 'modules' | 'serve'> {
  readonly replicas: readonly ReplicaHealth[];
}

/** Returns the hosts with their modules, calls and health, as HTML. */
export function topologyPicture(
  hosts: readonly HostState[],
  manifests: readonly ModuleManifest[],
  isBehindNginx: boolean,
): string {
  const isSplit = hosts.length > 1;
  return `<section id="topology" aria-label="Topology">
${isBehindNginx ? '<div class="edge">nginx</div>\n' : ''}<div class="hosts">
${hosts.map((host) => hostCard(host, manifests)).join('\n')}
</div>
${isSplit ? '<p class="note">A dashed box is a host. A <span class="remote">dotted</span> call goes over the network, any other stays in the process.</p>\n' : ''}<p class="note" id="stale" role="status">The application does not answer; this is its last known state.</p>
</section>`;
}

function hostCard(host: HostState, manifests: readonly ModuleManifest[]): string {
  const own = manifests.filter(({ name }) => host.modules.includes(name));
  const roles = host.serve.length < 3 ? ` <small>serves ${escapeHtml(host.serve.join(', '))}</small>` : '';
  return `<article class="host"><header><span><b>${escapeHtml(host.name)}</b>${roles}</span> ${stateOf(host)}</header>
<ul>
${own.map((module) => moduleItem(module, host)).join('\n')}
</ul></article>`;
}

function stateOf({ replicas }: HostState): string {
  const ready = replicas.filter((health) => health === 'ready').length;
  const level = ready === replicas.length ? 'ready' : ready > 0 ? 'busy' : 'down';
  const text = replicas.length === 1 ? replicas[0]! : `${ready} of ${replicas.length} replicas ready`;
  return `<span class="state ${level}">${text}</span>`;
}

function moduleItem({ name, uses, routes }: ModuleManifest, host: HostState): string {
  const calls = uses.map((contract) =>
    host.modules.includes(contract.name)
      ? escapeHtml(contract.name)
      : `<span class="remote">${escapeHtml(contract.name)}</span>`,
  );
  const paths = host.serve.includes('http') ? `<small>${routes.map(escapeHtml).join('<br>')}</small>` : '';
  return `<li><b>${escapeHtml(name)}</b>${paths}${calls.length > 0 ? `<small>calls ${calls.join(', ')}</small>` : ''}</li>`;
}
