/** A number in [0, 1). */
export type Random = () => number;

/** Returns an index below `count` by Zipf's law: index 1 is half as frequent as 0, index 2 a third. */
export const zipf = (random: Random, count: number) => Math.floor((count + 1) ** random()) - 1;

const oneOf = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

/** Shuffles a list in place (Fisher–Yates). */
export function shuffled<T>(random: Random, list: T[]): T[] {
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [list[last], list[other]] = [list[other]!, list[last]!];
  }
  return list;
}

/** Ordered by frequency, highest first. */
const TAGS =
  `programming javascript webdev tutorial opinion databases travel cooking health music books postgres
  productivity typescript career design photography science history linux testing security performance coffee running
  architecture nodejs gardening film art beginners devops math startups css remote-work cycling teaching writing
  parenting climate politics economics education fitness philosophy psychology games hiking fashion astronomy physics
  biology chemistry sourdough tea wine beer knitting woodworking pottery painting poetry theatre jazz opera vinyl
  podcasts radio trains ships bridges cities maps languages translation etymology birds cats dogs bees forests rivers
  mountains islands winter summer autumn spring night sleep dreams memory minimalism budgeting investing taxes law
  accessibility open-source keyboards robotics recycling`.split(/\s+/);

const SUBJECTS =
  `connection pools,night trains,sourdough starters,code reviews,city libraries,long walks,prepared statements,
  mechanical keyboards,small teams,house plants,error messages,morning routines,public gardens,message queues,old maps,
  index-only scans,fermented vegetables,technical debt,film cameras,mountain huts,feature flags,paper notebooks,board games,
  release notes,wool sweaters,distributed systems,second-hand bicycles,job interviews,street markets,unit tests,
  tide pools,database migrations,family recipes,standing desks,radio plays,design documents,winter swimming,
  legacy systems,observatories,pull requests,tea houses,background jobs,beehives,on-call rotations`
    .split(',')
    .map((subject) => subject.trim());

const QUALITIES =
  `affordable,ancient,boring,cheap,clever,forgotten,fragile,friendly,handmade,honest,imperfect,invisible,
  modern,noisy,northern,old-fashioned,ordinary,overrated,portable,quiet,reliable,seasonal,shared,simple,slow,small,
  sustainable,temporary,underrated,unlikely,unreasonable,weird`
    .split(',')
    .map((quality) => quality.trim());

const TITLES = [
  'What nobody tells you about {subject}',
  'A short history of {subject}',
  'How we learned to love {subject}',
  'Why {subject} still matter',
  '{Subject} and {other}: a comparison',
  'Ten years of {subject}',
  'In defence of {subject}',
  'The quiet beauty of {subject}',
  'Getting started with {subject}',
  '{Subject}, explained to my grandmother',
  'Everything I got wrong about {subject}',
  'From {other} to {subject}',
  'The case against {subject}',
  'Notes on {subject}',
  'How {subject} changed the way I think about {other}',
  '{Subject} in {number} minutes a day',
  'A field guide to {subject}',
  'Who pays for {subject}?',
];

const DESCRIPTIONS = [
  'What {number} weeks with {subject} taught me.',
  'Most advice about {subject} is wrong; here is what worked instead.',
  'A calm look at {subject}, with a few words on {other}.',
  'Notes from somebody who had avoided {subject} for far too long.',
  'How {subject} work, why they fail, and what to do about it.',
  'You need less than you think.',
];

const SENTENCES = [
  'When I first came across {subject}, I did not expect them to take up most of the next {number} months.',
  'People who know {other} well tend to be suspicious of {subject}, and they have their reasons.',
  'There is no shortage of opinions about this, and remarkably few measurements.',
  'We tried it with {number} people, and then again with twice as many.',
  'The first attempt failed in a way that I should have seen coming.',
  'It helps to write down what you expect before you look.',
  'Nothing about {subject} is new, except that we finally have the patience to do them properly.',
  'If you remember one thing from this page, let it be that {subject} reward those who start small.',
  'I asked a friend who has worked with {other} all her life, and she laughed.',
  'That is not the whole story, of course.',
  'The usual answer is to buy something, and the usual answer is usually wrong.',
  'After {number} days the difference was plain to everybody in the room.',
  'You can see the same pattern in {other}: what looks like a detail decides how it feels.',
  'A good rule is to stop while it is still fun.',
  'None of this works on a Monday.',
  'The numbers surprised us, so we counted again.',
  'What I had taken for a problem with {subject} turned out to be a problem with {other}.',
  'It costs next to nothing and takes about {number} minutes.',
  'Somebody will tell you that this does not scale, and they may even be right.',
  'Keep the old way around until the new one has survived a winter.',
  'Two of us kept a diary, and the diaries disagree.',
  'The manual has one page about this, and it is the wrong one.',
  'I still do not know who had the idea, but I know who did the work.',
  'It is easy to mistake {subject} for a matter of taste.',
  'We gave it {number} weeks, which turned out to be plenty.',
];

const HEADINGS = [
  'How it began',
  'What we tried',
  'What did not work',
  'The numbers',
  'What I would do today',
];

/** What the author of a sample article wrote. */
export interface SampleText {
  title: string;
  description: string;
  body: string;
  tagList: string[];
}

/** An article of one to two thousand characters about two things, with up to five tags. */
export function sampleText(random: Random): SampleText {
  const quality = random() < 0.8 ? `${oneOf(random, QUALITIES)} ` : '';
  const subject = quality + oneOf(random, SUBJECTS);
  const other = oneOf(random, SUBJECTS);
  const say = (template: string) =>
    template.replaceAll(/\{(\w+)\}/g, (_, slot: string) => {
      if (slot === 'number') return String(3 + Math.floor(random() * 40));
      if (slot === 'other') return other;
      return slot === 'Subject' ? subject[0]!.toUpperCase() + subject.slice(1) : subject;
    });
  const sentences = shuffled(random, [...SENTENCES]);
  const paragraph = () =>
    sentences
      .splice(0, 4 + Math.floor(random() * 2))
      .map(say)
      .join(' ');
  const headings = HEADINGS.slice(0, 3 + Math.floor(random() * 2));
  return {
    title: say(oneOf(random, TITLES)),
    description: say(oneOf(random, DESCRIPTIONS)),
    body: [paragraph(), ...headings.map((heading) => `## ${heading}\n\n${paragraph()}`)].join('\n\n'),
    tagList: [
      ...new Set(Array.from({ length: Math.floor(random() * 6) }, () => TAGS[zipf(random, TAGS.length)]!)),
    ],
  };
}
