import type { ts } from 'ts-morph';
import type { ClassDeclaration, Declaration } from './declaration.js';
import type { DecoratorSyntax } from './syntax.js';

/** A constructor parameter or property that Nest fills, an `inject` of a factory, or `ModuleRef.get`. */
export interface Injection {
  /** The class that has it; for a factory, the module's class. */
  readonly consumer: ClassDeclaration;
  /** The member or parameter: `users` of `private readonly users: UsersService`. */
  readonly member: string | undefined;
  readonly node: ts.Node;
  /** The class or token that is injected, if it is the application's own. */
  readonly target: Declaration | undefined;
  /** The name of the class or token as it is written. */
  readonly name: string;
  /** The declared type: `Repository<User>`. */
  readonly type: ts.TypeNode | undefined;
  /** `Inject`, `InjectRepository`, `InjectModel`, … */
  readonly decorator: DecoratorSyntax | undefined;
  readonly isForwardRef: boolean;
}
