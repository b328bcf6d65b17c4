/** The port through which processes tell one another what has changed: fast, and lossy. */
export interface Hints {
  /** Tells all processes when it suits. */
  emit(topic: string, message: unknown): void;
  /** Tells them at once; resolves when they are about to hear it, or will not. Never fails. */
  tell(topic: string, message: unknown): Promise<void>;
  /** Whenever hints may have been missed. @returns ends it */
  onMissed(listener: () => void): () => void;
  /** @returns ends it */
  on(topic: string, listener: (message: unknown) => void): () => void;
}
