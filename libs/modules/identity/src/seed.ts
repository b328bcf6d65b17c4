import type { SeedFunction } from '@tearline/database';
import { SAMPLE_PICTURES } from '@tearline/modules/media/contract';
import { ImageChanged } from './contract.js';
import { hashPassword } from './hash-password.js';
import { sampleUser } from './sample-user.js';
import { withCanonicalForms } from './with-canonical-forms.js';

const BATCH_SIZE = 1_000;

const INSERT = `
  with created as (
    insert into users
      (username, canonical_username, email, canonical_email, password_hash, bio, image, created_at, updated_at)
    select username, canonical_username, email, canonical_email, $1, bio, image, created, created
      from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
           with ordinality
           as u (username, canonical_username, email, canonical_email, bio, image, created, place)
     order by place
    returning id
  )
  select min(id) as first, count(*) as created, max(id) - min(id) + 1 as wide from created`;

/** Read from the sequence, since failed registrations consume ids, too. */
const NEXT_ID = 'select last_value + is_called::int as next from users_id_seq';

/** Seeds users `user1@example.com`, `user2@example.com` and so on, numbered by id, all with the password `password`. */
export const seed: SeedFunction = async (context) => {
  const { users: count } = context.plan;
  const next = context.random('users');
  const hash = await hashPassword('password');
  const [before] = await context.query<{ next: string }>(NEXT_ID);
  const first = Number(before!.next);
  const pictures = SAMPLE_PICTURES.map((hash) => `${context.origin}/media/${hash}/avatar-256`);

  for (let done = 0; done < count;) {
    const size = Math.min(BATCH_SIZE, count - done);
    const from = first + done;
    const users = Array.from({ length: size }, (_, index) =>
      withCanonicalForms(sampleUser(from + index, next, pictures)),
    );
    const columns = [
      users.map(({ username }) => username),
      users.map(({ canonicalUsername }) => canonicalUsername),
      users.map(({ email }) => email),
      users.map(({ canonicalEmail }) => canonicalEmail),
      users.map(({ bio }) => bio),
      users.map(({ image }) => image),
      users.map(({ createdAt }) => createdAt),
    ];
    const [batch] = await context.query<Record<'first' | 'created' | 'wide', string>>(INSERT, [
      hash,
      ...columns,
    ]);
    if (Number(batch!.first) !== from || Number(batch!.wide) !== size)
      throw new Error(
        'ids are not consecutive: a user registered during the seed; seed while no users register',
      );
    for (const [index, { image, createdAt }] of users.entries())
      if (image !== null) context.emit(ImageChanged, { userId: from + index, image }, createdAt);
    done += size;
    context.progress(done, count);
  }
  return { first, count: count };
};
