import { execFileSync } from 'node:child_process'

/** Returns the process ids of the descendants of `root` that run `file`. */
export function descendantsRunning(root: number, file: string): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [])
    .map(([, pid, parent, args = '']) => ({ pid: Number(pid), parent: Number(parent), args }))
  const below = (parent: number): typeof rows =>
    rows.filter((row) => row.parent === parent).flatMap((row) => [row, ...below(row.pid)])
  return below(root)
    .filter(({ args }) => args.includes(file))
    .map(({ pid }) => pid)
}
