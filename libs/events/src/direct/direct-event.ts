import type { Delivery } from '../delivery.js';

/** Where a direct event is from. */
export interface DirectSource {
  /** Called when the event is handled or in the inbox: its row may be deleted. */
  confirm(id: number): void;
  /** Called for an event that this process does not begin: its row is due again. */
  giveBack(id: number): void;
}

/** An event that a relay of this process has claimed for a subscriber of this process. */
export interface DirectEvent {
  readonly delivery: Delivery;
  /** Earlier processes that took it and did not confirm it. */
  readonly crashes: number;
  readonly source: DirectSource;
}

/** Handles the events of a subscriber; `EventProcessor` does. */
export interface DirectHandler {
  process(delivery: Delivery, crashes: number): Promise<void>;
  processTogether(deliveries: readonly Delivery[]): Promise<boolean>;
  drain(publisher: string, aggregate: string): Promise<void>;
  drainBehind(deliveries: readonly Delivery[]): Promise<void>;
}
