/** Returned by a job's handler that has done a slice of its work: the job goes to the end of its queue. */
export const REQUEUE: unique symbol = Symbol('again');
