/** Runs one command of a move. Before the step in STOP_BEFORE it says so, and waits for a line. */
import { readSync, writeSync } from 'node:fs';
import { withMove } from './with-move.js';

const [action, module] = process.argv.slice(2) as ['move' | 'back', string];

await withMove(module, process.env, (move) => move[action](), {
  onStep: (step) => {
    if (step !== process.env['STOP_BEFORE']) return;
    writeSync(1, `${step}\n`);
    readSync(0, Buffer.alloc(1));
  },
});
