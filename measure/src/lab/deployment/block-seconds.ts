/** How long a fault lasts that goes away by itself. */
export const FAULT_SECONDS = 4;
