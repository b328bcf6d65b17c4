import type { Project } from 'ts-morph';
import type { Application } from './application.js';
import type { FeatureModule } from './feature-module.js';
import { findFeatureModules } from './feature-modules.js';
import { findApplication } from './find-application.js';
import type { Injection } from './injection.js';
import { findInjections } from './injections.js';
import type { NestModule } from './nest-module.js';
import { findNestModules } from './nest-modules.js';
import { openProject } from './open-project.js';
import { Ownership } from './ownership.js';
import { SourceIndex } from './source-index.js';

/** A Nest application, read from its sources. */
export interface NestProject {
  readonly application: Application;
  /** Parsed files; types are not bound. */
  readonly project: Project;
  readonly index: SourceIndex;
  readonly nestModules: readonly NestModule[];
  readonly features: readonly FeatureModule[];
  readonly ownership: Ownership;
  readonly injections: readonly Injection[];
  /** Lines of all files. */
  readonly lines: number;
}

/** Files from which on reading takes long enough to be announced. */
const MANY_FILES = 500;

/**
 * Finds the application in a folder, parses it, and reads its modules and injections.
 * @param note writes a line of progress
 */
export function readNestProject(dir: string, note?: (line: string) => void): NestProject {
  const application = findApplication(dir);
  if (application.files.length >= MANY_FILES) note?.(`reading ${application.files.length} files`);
  const { project, resolver, lines } = openProject(application);
  const index = new SourceIndex(project, resolver);
  const nestModules = findNestModules(index);
  const features = findFeatureModules(nestModules, index);
  return {
    application,
    project,
    index,
    nestModules,
    features,
    ownership: new Ownership(features),
    injections: findInjections(index, nestModules),
    lines,
  };
}
