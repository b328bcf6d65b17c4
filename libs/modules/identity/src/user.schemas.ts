import { email, name, nullableText, password, text } from '@tearline/host';
import { z } from 'zod';

const username = { max: 64 };

export const Register = z.object({
  user: z.object({ username: name(username), email: email(), password: password() }),
});
export type Register = z.infer<typeof Register>;
export type NewUser = Register['user'];

/** Looser than registration: values that cannot be registered match no account. */
export const LogIn = z.object({
  user: z.object({ email: text({ max: 254 }), password: password({ max: 1_000 }) }),
});
export type LogIn = z.infer<typeof LogIn>;
export type Credentials = LogIn['user'];

export const UpdateUser = z.object({
  user: z
    .object({
      username: name(username).optional(),
      email: email().optional(),
      password: password().optional(),
      bio: nullableText({ max: 10_000 }),
      image: nullableText({ max: 2_000 }),
    })
    .refine((changes) => Object.values(changes).some((value) => value !== undefined), {
      error: 'needs at least one field',
    }),
});
export type UpdateUser = z.infer<typeof UpdateUser>;
export type UserChanges = UpdateUser['user'];

/** The fields of users' own accounts. */
export const Account = z.object({
  email: z.string(),
  username: z.string(),
  bio: z.string().nullable(),
  image: z.string().nullable(),
});
export type Account = z.infer<typeof Account>;

export const UserBody = z.object({ user: Account.extend({ token: z.string() }) });
export type UserBody = z.infer<typeof UserBody>;

/** Returns the response with an account and its token. */
export function userBody({ email, username, bio, image }: Account, token: string): UserBody {
  return { user: { email, token, username, bio, image } };
}
