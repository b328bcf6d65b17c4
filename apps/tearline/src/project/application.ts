import type { WorkspacePackage } from './workspace-packages.js';

/** How a repository is laid out. */
export type ApplicationKind = 'nest-cli' | 'nx' | 'plain';

/** The sources of one Nest application. */
export interface Application {
  readonly kind: ApplicationKind;
  /** Absolute path of the repository, or of the package: files are named relative to it. */
  readonly root: string;
  /** Absolute path of the folder that was asked about. */
  readonly directory: string;
  /** Absolute path of the tsconfig.json whose options and paths hold. */
  readonly tsconfig: string | undefined;
  /** Absolute paths of the TypeScript files, without tests, declarations and output. */
  readonly files: readonly string[];
  /** Packages of the workspace, by name. */
  readonly packages: ReadonlyMap<string, WorkspacePackage>;
  /** Absolute paths of the Prisma schemas. */
  readonly prismaSchemas: readonly string[];
}
