/** An earlier attempt has completed the job, or somebody has dropped it: there is nothing left to do. */
export class JobGone extends Error {
  override readonly name = 'JobGone';

  constructor() {
    super('the job is done already');
  }
}
