/** What the sender gets when it starts. */
export interface SenderOptions {
  readonly url: string;
  readonly spoolDir: string;
  readonly maxSpoolBytes: number;
  /** Names the host in each line. */
  readonly service: string;
}

/** To the sender: whole lines, or an array in shared memory that it sets to 1 when all lines are sent or in the spool. */
export type ToSender = string | Int32Array;

/** From the sender. */
export type FromSender =
  | {
      /** It has taken a batch over. */
      readonly type: 'taken';
      /** Lines of the batch that it had to drop. */
      readonly dropped: number;
      /** Why, for the last of them. */
      readonly reason: string | undefined;
      readonly spooledBytes: number;
    }
  | { readonly type: 'spooled'; readonly bytes: number }
  | { readonly type: 'away'; readonly reason: string }
  | { readonly type: 'back' };
