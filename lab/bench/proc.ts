import { readdir, readFile } from 'node:fs/promises'

/** CPU time that the kernel counts in these, whatever its own clock (proc(5), USER_HZ). */
const microsPerTick = 10_000

/** Processes by the name under which they are reported. */
export type Parts = Readonly<Record<string, number>>
export type Micros = Readonly<Record<string, number>>

/**
 * CPU time so far of each part with all its children, in µs. PostgreSQL works in children that come and go: what an ended child has
 * used is counted by its parent. To 10 ms, so measure over seconds.
 */
export async function cpuOf(parts: Parts): Promise<Micros> {
  const stats = await readStats()
  const children = Map.groupBy(stats.values(), ({ parent }) => parent)
  const total = (pid: number): number => {
    const below = (children.get(pid) ?? []).map((child) => total(child.pid))
    return [stats.get(pid)?.micros ?? 0, ...below].reduce((sum, micros) => sum + micros, 0)
  }
  return Object.fromEntries(Object.entries(parts).map(([name, pid]) => [name, total(pid)]))
}

/** CPU time so far of the children of this process that have ended, in µs, to 10 ms. */
export async function cpuOfEnded(): Promise<number> {
  const { endedMicros } = await readStat(process.pid)
  return endedMicros
}

/** CPU time that the whole machine has used so far, in µs, all cores together. */
export async function cpuOfMachine(): Promise<number> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n')
  // After the word "cpu": user, nice, system, idle, iowait, irq, softirq, steal.
  const [user = 0, nice = 0, system = 0, , , ...interrupts] = line.split(/\s+/).slice(1, 9).map(Number)
  return [user, nice, system, ...interrupts].reduce((sum, ticks) => sum + ticks, 0) * microsPerTick
}

/** Memory that is in RAM, in bytes. */
export async function rssOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const [, kiB] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? []
  if (kiB === undefined) throw new Error(`process ${pid} has ended`)
  return Number(kiB) * 1024
}

type Stat = { readonly pid: number; readonly parent: number; readonly micros: number; readonly endedMicros: number }

async function readStats(): Promise<ReadonlyMap<number, Stat>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  // One may end while we look.
  const stats = await Promise.all(pids.map((pid) => readStat(pid).catch(() => undefined)))
  return new Map(stats.filter((stat) => stat !== undefined).map((stat) => [stat.pid, stat]))
}

/** The name of the program, in brackets, may hold anything; the fields after it are numbers. */
async function readStat(pid: number): Promise<Stat> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  const [, parent, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // utime, stime, cutime, cstime: fields 14 to 17.
  const sum = (from: number, to: number) =>
    rest.slice(from, to).reduce((ticks, field) => ticks + Number(field), 0) * microsPerTick
  return { pid, parent: Number(parent), micros: sum(9, 13), endedMicros: sum(11, 13) }
}
