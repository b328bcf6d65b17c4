import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import type { SeamObserver } from './seam-observer.js';

/** Writes to Nest's Logger what goes wrong, and records nothing else. */
class LoggingObserver implements SeamObserver {
  readonly #logger = new Logger('Seam');

  callRecorder() {
    return () => undefined;
  }

  unexpectedError(...[contract, method, error, { requestId }]: Parameters<SeamObserver['unexpectedError']>) {
    const message = error instanceof Error ? error.message : String(error);
    this.#logger.error(`${contract}.${method}: ${message} (request ${requestId})`, inspect(error));
  }

  ejected(address: string, reason: string) {
    this.#logger.warn(`${address} gets no more calls: ${reason}`);
  }

  restored(address: string) {
    this.#logger.log(`${address} gets calls again`);
  }

  incompatible(address: string, message: string) {
    this.#logger.error(`${address} is incompatible: ${message}`);
  }

  connectionRejected(peer: string, reason: string) {
    this.#logger.warn(`a connection${peer && ` of ${peer}`} was refused: ${reason}`);
  }
}

/** Returns an observer that passes each report to the application's own, or to Nest's Logger where that takes none. */
export function orLogging(own: Partial<SeamObserver> = {}): Required<SeamObserver> {
  const log = new LoggingObserver();
  return {
    callRecorder: (...names) => (own.callRecorder ? own.callRecorder(...names) : log.callRecorder()),
    unexpectedError: (...report) => (own.unexpectedError ? own : log).unexpectedError!(...report),
    answered: (...report) => own.answered?.(...report),
    retried: (...report) => own.retried?.(...report),
    ejected: (...report) => (own.ejected ? own : log).ejected!(...report),
    restored: (...report) => (own.restored ? own : log).restored!(...report),
    removed: (...report) => own.removed?.(...report),
    incompatible: (...report) => (own.incompatible ? own : log).incompatible!(...report),
    connectionRejected: (...report) => (own.connectionRejected ? own : log).connectionRejected!(...report),
  };
}
