import { z } from 'zod';
import type { Kind } from '../notification-row.js';

const choice = z.boolean({ error: 'must be true or false' });

/** The kinds that are also sent by e-mail. */
export const EmailChoices = z.strictObject({
  follow: choice,
  favorite: choice,
  comment: choice,
  publish: choice,
}) satisfies z.ZodType<Record<Kind, boolean>>;

export const PreferencesBody = z.object({ preferences: z.object({ email: EmailChoices }) });
export type PreferencesBody = z.infer<typeof PreferencesBody>;

/** Absent kinds are not changed. */
export const UpdatePreferences = z.object({
  preferences: z.strictObject({ email: EmailChoices.partial() }),
});
export type UpdatePreferences = z.infer<typeof UpdatePreferences>;
