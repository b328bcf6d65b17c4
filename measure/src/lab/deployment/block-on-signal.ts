/** Loaded into each host: SIGUSR2 blocks its event loop for a while, as an endless computation would. */
import { FAULT_SECONDS } from '../schedule.js';

process.on('SIGUSR2', () => {
  const end = performance.now() + FAULT_SECONDS * 1000;
  while (performance.now() < end);
});
