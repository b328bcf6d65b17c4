/** Loaded into each host: on SIGUSR2 its event loop stands still for a while, as in a loop that nobody foresaw. */
import { FAULT_SECONDS } from './block-seconds.js';

process.on('SIGUSR2', () => {
  const end = performance.now() + FAULT_SECONDS * 1000;
  while (performance.now() < end);
});
