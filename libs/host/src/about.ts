import type { ModuleManifest } from '@tearline/seam';

/** A host of the topology. */
export interface HostDescription {
  readonly name: string;
  readonly modules: readonly string[];
  /** Some of `http`, `rpc` and `jobs`. */
  readonly serve: readonly string[];
  /** Base URLs of its replicas. A name that resolves to several addresses stands for as many replicas. */
  readonly urls: readonly string[];
}

/** What a host's pages say of the application. */
export interface About {
  readonly version: string;
  /** All modules, also those of other hosts. */
  readonly manifests: readonly ModuleManifest[];
  /** All hosts, this one too; empty when it does not know of any other. */
  readonly hosts: readonly HostDescription[];
  /** Folder whose Markdown files the page `/guide` shows. */
  readonly guide?: string;
}

/** Returns a URL of each other host that serves HTTP routes which this host does not serve. */
export function otherHttpHosts({ hosts }: About, own: readonly ModuleManifest[]): string[] {
  const names = new Set(own.map(({ name }) => name));
  return hosts
    .filter(({ serve, modules }) => serve.includes('http') && modules.some((module) => !names.has(module)))
    .flatMap(({ urls }) => urls.slice(0, 1));
}
