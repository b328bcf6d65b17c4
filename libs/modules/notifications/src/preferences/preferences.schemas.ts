import { z } from 'zod';
import type { Kind } from '../kind.js';

const choice = z.boolean({ error: 'must be true or false' });

/** Which kinds are sent by e-mail as well. */
export const EmailChoices = z.strictObject({
  follow: choice,
  favorite: choice,
  comment: choice,
  publish: choice,
}) satisfies z.ZodType<Record<Kind, boolean>>;

export const PreferencesBody = z.object({ preferences: z.object({ email: EmailChoices }) });
export type PreferencesBody = z.infer<typeof PreferencesBody>;

/** What is not named stays as it is. */
export const UpdatePreferences = z.object({
  preferences: z.strictObject({ email: EmailChoices.partial() }),
});
export type UpdatePreferences = z.infer<typeof UpdatePreferences>;
