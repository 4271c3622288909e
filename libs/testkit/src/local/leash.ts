import { spawn } from 'node:child_process'

/** A child that ignores its signal gets this long before SIGKILL. */
const graceSeconds = 10

/**
 * Ends process `pid` when this process dies, however it dies: even after SIGKILL the kernel closes the pipe that a tiny shell
 * reads from, and the shell then sends `signal`. Nothing here keeps the event loop alive. Returns a function that lets go.
 */
export function leash(pid: number, signal: 'SIGTERM' | 'SIGINT'): () => void {
  const script = `read -r _; kill -s "$2" "$1" || exit; n=0
    while [ $n -lt ${graceSeconds} ]; do sleep 1; kill -0 "$1" || exit; n=$((n + 1)); done
    kill -s KILL "$1"`
  const shell = spawn('sh', ['-c', script, 'leash', String(pid), signal.slice(3)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // a Ctrl-C in the terminal must not cut the leash first
    cwd: '/',
  })
  shell.on('error', () => undefined) // no shell: the child is then only stopped in the ordinary ways
  shell.stdin.on('error', () => undefined)
  shell.unref()
  // The pipe of a child is a socket, which the stream's type does not say.
  ;(shell.stdin as unknown as { unref(): void }).unref()
  return () => void shell.kill('SIGKILL')
}
