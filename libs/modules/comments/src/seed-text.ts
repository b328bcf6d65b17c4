const OPENINGS = [
  'Thank you for this.',
  'I read this twice.',
  'Not sure that I agree.',
  'We had the same problem last year.',
  'This is exactly what I was looking for.',
  'Lovely piece.',
  'I wish somebody had told me earlier.',
  'Funny, my experience was the opposite.',
];

const REMARKS = [
  'The part about starting small is what most people miss.',
  'Did you measure it with more people as well?',
  'In our team it took about a month until it felt natural.',
  'The second section could use an example.',
  'I tried it over the weekend and it held up.',
  'It breaks down as soon as you are in a hurry, though.',
  'Have you looked at how they do it in Portugal?',
  'My father used to say the same thing.',
  'I would be curious to hear how it looks a year from now.',
  'The numbers seem high to me; ours were about half of that.',
];

const CLOSINGS = [
  'Looking forward to the next one.',
  'Greetings from Ghent!',
  'Saved for later.',
  'Well said.',
];

/** A comment of one to five sentences. */
export function sampleComment(random: () => number): string {
  const oneOf = (list: readonly string[]) => list[Math.floor(random() * list.length)]!;
  const remarks = Array.from({ length: Math.floor(random() * 4) }, () => oneOf(REMARKS));
  const closing = random() < 0.3 ? [oneOf(CLOSINGS)] : [];
  return [oneOf(OPENINGS), ...new Set(remarks), ...closing].join(' ');
}
