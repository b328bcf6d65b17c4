import { Inject } from '@nestjs/common';

export const outboxToken = (module: string) => `${module} outbox`;

/** Injects the outbox of a module: `@InjectOutbox('articles') private readonly outbox: Outbox`. */
export const InjectOutbox = (module: string) => Inject(outboxToken(module));
