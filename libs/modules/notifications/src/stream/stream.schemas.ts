import { filterText } from '@tearline/host';
import { z } from 'zod';

const error = 'must be the id of an event';
const eventId = z
  .string({ error })
  .regex(/^\d{0,15}$/, { error })
  .transform((text) => (text === '' ? undefined : Number(text)))
  .optional();

/** The query of a stream. */
export const OpenStream = z.object({
  ticket: filterText({ max: 100 }).optional(),
  /** Replaces the header, which a new EventSource cannot set. */
  lastEventId: eventId.meta({ type: 'string' }),
});
export type OpenStream = z.infer<typeof OpenStream>;

/** The header of a reconnecting EventSource. */
export const LastEventId = eventId;

export const TicketBody = z.object({ ticket: z.string(), expiresAt: z.iso.datetime() });
export type TicketBody = z.infer<typeof TicketBody>;
