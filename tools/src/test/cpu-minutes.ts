import { readFileSync } from 'node:fs'

/** The unit of the times in `/proc`: USER_HZ is 100 on every platform that Node runs on. */
const ticksPerMinute = 100 * 60

/**
 * Returns the minutes of CPU that this process and its ended descendants used, or undefined where
 * there is no `/proc`. A descendant counts when its parent waited for its end; one that outlived
 * its parent does not (`cutime` and `cstime` of proc_pid_stat(5)).
 */
export function cpuMinutes(): number | undefined {
  let stat: string
  try {
    stat = readFileSync('/proc/self/stat', 'utf8')
  } catch {
    return undefined
  }
  // The second field, the name of the program, may hold spaces. utime, stime, cutime and cstime are
  // the fields 14 to 17.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return ticks / ticksPerMinute
}
