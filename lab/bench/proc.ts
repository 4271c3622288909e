import { readdir, readFile } from 'node:fs/promises'

/**
 * The unit in which the kernel reports CPU time, whatever its internal clock (proc(5), USER_HZ).
 */
const microsPerTick = 10_000

/** The pids of processes by the name under which they are reported. */
export type Parts = Readonly<Record<string, number>>
export type Micros = Readonly<Record<string, number>>

/**
 * Returns the CPU time so far of each process with all its descendants, in µs. PostgreSQL works in
 * children that come and go; a parent's figures include its ended children. Steps are 10 ms, so
 * measure over seconds.
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

/** Returns the CPU time so far of the ended children of this process, in µs, in steps of 10 ms. */
export async function cpuOfEnded(): Promise<number> {
  const { endedMicros } = await readStat(process.pid)
  return endedMicros
}

/** Returns the CPU time so far of the whole machine, all cores together, in µs. */
export async function cpuOfMachine(): Promise<number> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n')
  // The fields after the word "cpu" are user, nice, system, idle, iowait, irq, softirq, steal.
  const [user = 0, nice = 0, system = 0, , , ...interrupts] = line.split(/\s+/).slice(1, 9).map(Number)
  return [user, nice, system, ...interrupts].reduce((sum, ticks) => sum + ticks, 0) * microsPerTick
}

/** Returns the memory of a process that is in RAM, in bytes. */
export async function rssOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const [, kiB] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? []
  if (kiB === undefined) throw new Error(`process ${pid} has ended`)
  return Number(kiB) * 1024
}

type Stat = { readonly pid: number; readonly parent: number; readonly micros: number; readonly endedMicros: number }

async function readStats(): Promise<ReadonlyMap<number, Stat>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  // A process may end between the two reads.
  const stats = await Promise.all(pids.map((pid) => readStat(pid).catch(() => undefined)))
  return new Map(stats.filter((stat) => stat !== undefined).map((stat) => [stat.pid, stat]))
}

/**
 * Reads the file /proc/PID/stat. The second field, the program's name in brackets, may hold any
 * character; numbers follow it.
 */
async function readStat(pid: number): Promise<Stat> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  const [, parent, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // Fields 14 to 17 are utime, stime, cutime, cstime.
  const sum = (from: number, to: number) =>
    rest.slice(from, to).reduce((ticks, field) => ticks + Number(field), 0) * microsPerTick
  return { pid, parent: Number(parent), micros: sum(9, 13), endedMicros: sum(11, 13) }
}
