/** A user of the sample data. */
export interface SampleUser {
  username: string;
  email: string;
  bio: string | null;
  image: string | null;
  createdAt: Date;
}

// 41 and 37 have no divisor in common, so the pairs repeat only after 1,517 users.
const GIVEN_NAMES =
  'amelia bruno chiara dmitri elif farid greta hana ivan jonas karin lucia mateo nadia oskar priya quentin rosa samir tove ulrich vera wei ximena yusuf zofia anders bea caspar dalia emil fatou goran helena ingrid jamal kenji leila marek noor olga'.split(
    ' ',
  );
const FAMILY_NAMES =
  'fischer tanaka okafor ito goldberg kim bianchi moreau ahmadi endo abreu joshi diallo kowalski petrov haddad ibrahim weber rossi vargas hansen yilmaz xu novak chen costa ferrari quist berg silva lindqvist garcia eriksen dubois zhang jansen ueda'.split(
    ' ',
  );
const TRADES =
  'Gardener,Software developer,Nurse,Teacher,Baker,Translator,Cyclist,Photographer,Data analyst,Carpenter,Student,Librarian'.split(
    ',',
  );
const PLACES = 'Lisbon,Seoul,Oslo,Kraków,Lagos,Kyoto,Montréal,Valparaíso,Tallinn,Hanoi,Leeds,Zürich'.split(
  ',',
);
const PASSIONS =
  'long walks,slow food,old maps,open source,jazz records,mountain huts,board games,tea,night trains,birds,poetry,mechanical keyboards'.split(
    ',',
  );
const FIRST_REGISTRATION = Date.UTC(2025, 0, 1);
const MINUTES_BETWEEN = 7;

/**
 * Returns a user with plausible fields.
 * @param ordinal from 1; users with different ordinals have different names
 * @param next random numbers in [0, 1)
 * @param pictures URLs that the user's image is one of
 */
export function sampleUser(ordinal: number, next: () => number, pictures: readonly string[]): SampleUser {
  const pick = (list: readonly string[]) => list[Math.floor(next() * list.length)]!;
  const round = Math.floor(ordinal / (GIVEN_NAMES.length * FAMILY_NAMES.length));
  const given = GIVEN_NAMES[ordinal % GIVEN_NAMES.length]!;
  const family = FAMILY_NAMES[ordinal % FAMILY_NAMES.length]!;
  return {
    username: `${given}-${family}${round === 0 ? '' : `-${round + 1}`}`,
    email: `user${ordinal}@example.com`,
    bio: next() < 0.7 ? `${pick(TRADES)} in ${pick(PLACES)}. Likes ${pick(PASSIONS)}.` : null,
    image: next() < 0.6 ? pictures[ordinal % pictures.length]! : null,
    createdAt: new Date(FIRST_REGISTRATION + ordinal * MINUTES_BETWEEN * 60_000),
  };
}
