import { type ChildProcess, spawn } from 'node:child_process';

// Reads the pids of started and ended processes. At the end of input it ends those still running, unless `done` came first.
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
 * Ends the child processes of this process and removes its folder when this process is killed with SIGKILL. It is a shell
 * in a process group of its own that reads from a pipe: the kernel closes the pipe when this process dies.
 */
export class OrphanReaper {
  readonly #shell: ChildProcess;

  /** @param folder removed when the reaper acts */
  constructor(folder: string) {
    // Detached, so that neither Ctrl-C nor a signal to the process group reaches it.
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

  /** Ends the reaper without any action. */
  dismiss(): void {
    this.#shell.stdin?.end('done\n');
  }
}
