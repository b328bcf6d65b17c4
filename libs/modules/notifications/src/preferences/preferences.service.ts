import { Injectable } from '@nestjs/common';
import { InjectReader, InjectTransactions, Reader, statement, Transactions } from '@tearline/database';
import { type Kind, KINDS } from '../notification-row.js';

/** The kinds that are also sent by e-mail. */
export type EmailChoices = Record<Kind, boolean>;

const CHOSEN = statement<{ email: Kind[] }>(
  'notifications.preferences',
  'select email from preferences where user_id = $1',
);

/** The users' e-mail preferences; all kinds are off by default. */
@Injectable()
export class PreferencesService {
  constructor(
    @InjectReader('notifications') private readonly reader: Reader,
    @InjectTransactions('notifications') private readonly transactions: Transactions,
  ) {}

  async of(userId: number): Promise<EmailChoices> {
    return choices((await this.reader.row(CHOSEN, [userId]))?.email);
  }

  /** Updates the given kinds. */
  async update(userId: number, changes: Partial<EmailChoices>): Promise<EmailChoices> {
    const chosen = await this.transactions.run('update preferences', changes, async (manager) => {
      const kindsThat = (wanted: boolean) => KINDS.filter((kind) => changes[kind] === wanted);
      const [row] = await manager.query<{ email: Kind[] }[]>(
        `insert into preferences as p (user_id, email) values ($1, $2::text[])
         on conflict (user_id) do update set email = array(
           select kind from unnest(p.email || $2::text[]) as kind
           except select unnest($3::text[]) order by 1
         ) returning email`,
        [userId, kindsThat(true), kindsThat(false)],
      );
      return row!.email;
    });
    return choices(chosen);
  }
}

function choices(chosen: readonly Kind[] = []): EmailChoices {
  return Object.fromEntries(KINDS.map((kind) => [kind, chosen.includes(kind)])) as EmailChoices;
}
