/** An event, or a version of one, that a newer release publishes: it waits for this process to be replaced. */
export class NotKnownHere extends Error {
  override readonly name = 'NotKnownHere';
}
