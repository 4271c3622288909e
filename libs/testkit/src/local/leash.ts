import { spawn } from 'node:child_process'

/** The time between the signal and SIGKILL. */
const graceSeconds = 10

/**
 * Ends process `pid` when this process ends, even by SIGKILL. The kernel then closes the pipe that
 * a small shell reads from, and the shell sends `signal`. Nothing here keeps the event loop alive.
 * Returns a function that ends the shell.
 */
export function leash(pid: number, signal: 'SIGTERM' | 'SIGINT'): () => void {
  const script = `read -r _; kill -s "$2" "$1" || exit; n=0
    while [ $n -lt ${graceSeconds} ]; do sleep 1; kill -0 "$1" || exit; n=$((n + 1)); done
    kill -s KILL "$1"`
  const shell = spawn('sh', ['-c', script, 'leash', String(pid), signal.slice(3)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // A Ctrl-C in the terminal must not end the shell first.
    cwd: '/',
  })
  shell.on('error', () => undefined) // Without a shell, the child is only stopped by `stop`.
  shell.stdin.on('error', () => undefined)
  shell.unref()
  // The pipe of a child is a socket. The stream's type does not say so.
  ;(shell.stdin as unknown as { unref(): void }).unref()
  return () => void shell.kill('SIGKILL')
}
