import 'reflect-metadata';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { nestMetadata } from '@tearline/composition';
import type { ModuleData } from '@tearline/database';
import { Subscriber } from '@tearline/events';
import { Implements, type Contract, type EventContract, type ModuleManifest } from '@tearline/seam';
import { root } from './tree.js';

/** What a module's code declares to Nest, read without starting anything. */
export interface DeclaredModule {
  readonly manifest: ModuleManifest;
  readonly data: ModuleData;
  /** Its Nest module. */
  readonly type: Type;
  /** Paths of its controllers' handlers, e.g. `/api/articles/:slug`. */
  readonly paths: readonly string[];
  /** Tokens that its classes and factories inject by name: contracts, databases, readers. */
  readonly asked: readonly (string | symbol)[];
  /** Contracts that its providers are marked to implement. */
  readonly implemented: readonly Contract[];
  /** Events that its contract.ts declares. */
  readonly declares: readonly EventContract[];
  /** Modules that its subscribers say they belong to. */
  readonly subscribers: readonly string[];
  /** Events that a method of theirs handles, once for each method. */
  readonly handled: readonly EventContract[];
  /** Queues whose jobs or schedules a method of theirs does, once for each method. */
  readonly worked: readonly string[];
}

/** Loads the module that lies in this folder of libs/modules. */
export async function loadModule(folder: string): Promise<DeclaredModule> {
  const entryPoint = join(root, 'libs/modules', folder, 'src/index.ts');
  const { manifest, data } = (await import(entryPoint)) as Pick<DeclaredModule, 'manifest' | 'data'>;
  const contract = (await import(join(root, 'libs/modules', folder, 'src/contract.ts'))) as object;
  const type = await manifest.load();
  const { classes, injected } = nestMetadata(type);
  return {
    manifest,
    data,
    type,
    paths: classes.filter((each) => Reflect.hasMetadata(PATH_METADATA, each)).flatMap(pathsOf),
    asked: injected.map(({ token }) => token).filter(isName),
    implemented: classes
      .map((type) => Reflect.getMetadata(Implements.KEY, type) as Contract | undefined)
      .filter((contract) => contract !== undefined),
    declares: Object.values(contract).filter(isEvent),
    ...handlersOf(classes.filter((type) => Reflect.hasMetadata(Subscriber.KEY, type))),
  };
}

const isEvent = (value: unknown): value is EventContract =>
  typeof value === 'object' && value !== null && 'publisher' in value && 'read' in value;

function handlersOf(classes: readonly Type[]): Pick<DeclaredModule, 'subscribers' | 'handled' | 'worked'> {
  const methods = classes.flatMap(methodsOf);
  const marked = <T>(key: string) =>
    methods
      .map((method) => Reflect.getMetadata(key, method) as T | undefined)
      .filter((mark) => mark !== undefined);
  return {
    subscribers: classes.map((type) => Reflect.getMetadata(Subscriber.KEY, type) as string),
    handled: marked<EventContract>('events:on-event'),
    worked: [
      ...marked<{ name: string }>('events:on-job').map(({ name }) => name),
      ...marked<{ queue: string }>('events:every').map(({ queue }) => queue),
    ],
  };
}

function methodsOf(type: Type): object[] {
  const prototype = type.prototype as Record<string, object>;
  return Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .map(([, { value }]) => value as unknown)
    .filter((value): value is object => typeof value === 'function');
}

function isName(token: unknown): token is string | symbol {
  return typeof token === 'string' || typeof token === 'symbol';
}

function pathsOf(controller: Type): string[] {
  const prefixes = pathMetadata(controller);
  const prototype = controller.prototype as Record<string, object>;
  return Object.getOwnPropertyNames(prototype)
    .map((name) => prototype[name]!)
    .filter((handler) => Reflect.hasMetadata(METHOD_METADATA, handler))
    .flatMap((handler) => pathMetadata(handler))
    .flatMap((path) => prefixes.map((prefix) => joined(prefix, path)));
}

function pathMetadata(target: object): string[] {
  return [Reflect.getMetadata(PATH_METADATA, target) as string | string[]].flat();
}

function joined(...parts: string[]): string {
  return `/${parts
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`;
}
