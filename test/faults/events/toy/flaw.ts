/** Mistakes that the toys can be told to make, to see that they are found. */
export type Flaw = 'event-in-a-transaction-of-its-own' | 'effect-outside-the-transaction';

export const flaw = process.env['FLAW'] as Flaw | undefined;
