/** How long a fault lasts that goes away by itself. */
export const BLOCK_SECONDS = 4;
