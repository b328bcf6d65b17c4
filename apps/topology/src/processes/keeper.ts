import { type ChildProcess, spawn } from 'node:child_process';

// It reads what runs and, when nothing more comes, ends what still does; `done` first means that there is nothing to end.
const SCRIPT = `
pids=
while read -r word pid; do
  case $word in
    started) pids="$pids $pid" ;;
    ended) rest=; for each in $pids; do [ "$each" = "$pid" ] || rest="$rest $each"; done; pids=$rest ;;
    done) exit 0 ;;
  esac
done
for pid in $pids; do kill -TERM "$pid"; done
tries=0
while [ $tries -lt 150 ]; do
  alive=
  for pid in $pids; do kill -0 "$pid" && alive=yes; done
  [ "$alive" ] || break
  sleep 0.1
  tries=$((tries + 1))
done
for pid in $pids; do kill -KILL "$pid"; done
rm -rf "$1"
`;

/**
 * Outlives this process when it is killed, and then ends what it had started and removes its folder. It is a shell with
 * a pipe from here, since a process that is killed can do no more than let go of its pipes.
 */
export class Keeper {
  readonly #shell: ChildProcess;

  /** @param folder removed when the keeper has to act */
  constructor(folder: string) {
    // Out of our process group: Ctrl-C and a killed group do not reach it.
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT, 'sh', folder], {
      detached: true,
      cwd: '/',
      env: { PATH: process.env['PATH'] },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell.stdin?.on('error', () => undefined);
    this.#shell.unref();
  }

  started(pid: number): void {
    this.#shell.stdin?.write(`started ${pid}\n`);
  }

  ended(pid: number): void {
    this.#shell.stdin?.write(`ended ${pid}\n`);
  }

  /** Nothing is left to end. */
  dismiss(): void {
    this.#shell.stdin?.end('done\n');
  }
}
