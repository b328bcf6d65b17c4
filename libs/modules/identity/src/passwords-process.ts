/** The process that PasswordsService starts. */
import { verify } from '@node-rs/argon2';
import { serveBulkTasks } from '@tearline/host/bulk-tasks';
import { hashPassword } from './hash-password.js';

const decoyHash = hashPassword('');

serveBulkTasks({
  hash: hashPassword,
  verify: async ({ known, password }: { known?: string; password: string }) => {
    const isSame = await verify(known ?? (await decoyHash), password);
    return isSame && known !== undefined;
  },
});
