import type { CallContext } from '../call/call-context.js';
import { SeamError } from '../call/errors.js';
import type { InFlightCall } from '../call/deadline-tracker.js';
import type { RecordCall } from '../seam-observer.js';

/** A call of a provider in this process, under way. A class, since closures for each call would cost more. */
export class LocalCall implements InFlightCall {
  index = -1;

  constructor(
    private readonly path: string,
    private readonly record: RecordCall,
    /** The context that the provider sees. */
    readonly context: CallContext,
    /** Whether that was made for this call alone. */
    private readonly ownsContext: boolean,
    private readonly started: number,
    readonly deadline: number,
    private readonly reject: (error: SeamError) => void,
  ) {}

  /** Counts the call and lets its context go. */
  end(outcome: string): void {
    if (this.ownsContext) this.context.end();
    this.record(outcome, performance.now() - this.started);
  }

  expire(): void {
    const error = new SeamError('deadline-exceeded', { message: `${this.path} took too long` });
    this.context.cancel(error);
    this.end(error.code);
    this.reject(error);
  }
}
