import type { CallExpression, ClassDeclaration, SourceFile } from 'ts-morph';
import type { GuessedKind } from './method-kind.js';
import type { Reference } from './reference.js';

export interface ContractMethod extends GuessedKind {
  readonly name: string;
  readonly isAsync: boolean;
  /** Calls outside of the module, without those of tests. */
  readonly calls: readonly CallExpression[];
}

/** One service of a module that other modules call: it gets a contract of its own. */
export interface ServicePlan {
  readonly service: ClassDeclaration;
  /** `UsersContract`. */
  readonly contract: string;
  /** `Users`. */
  readonly client: string;
  /** `users`: names the contract on the wire. */
  readonly contractName: string;
  readonly methods: readonly ContractMethod[];
  readonly classes: readonly ClassDeclaration[];
  readonly references: readonly Reference[];
  /** Files that get the service through an index file, with that. */
  readonly indexes: ReadonlyMap<SourceFile, SourceFile>;
}
