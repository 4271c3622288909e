import { Type } from 'typebox'
import { ClockWatch, type ClockWatchOptions } from './clock-watch.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { Logger } from './logger.ts'

const intervalMs = 5_000

/** Describes the setting CLOCK_TOLERANCE_SECONDS, which all services share. */
export const clockToleranceSetting = (description: string) => Type.Integer({ default: 30, minimum: 1, description })

type OpenClockWatchOptions = Omit<ClockWatchOptions, 'onChange'> & {
  readonly log: Logger
  readonly life: Lifecycle
}

/** Opens a watch that compares the clocks now and every 5 s. It logs each change of the verdict. */
export function openClockWatch({ log, life, ...options }: OpenClockWatchOptions): {
  readonly watch: ClockWatch
  /** Resolves when the first comparison has ended, with or without an answer. */
  readonly firstLook: Promise<void>
} {
  const watch = new ClockWatch({
    ...options,
    onChange(isOff, aheadMs) {
      if (isOff) log.error({ aheadMs }, 'the clock of this machine is wrong: not ready until it is corrected')
      else log.warn({ aheadMs }, 'the clock of this machine is right again')
    },
  })
  const firstLook = watch.look()
  let looking = firstLook
  const timer = setInterval(() => {
    looking = looking.then(() => watch.look())
  }, intervalMs)
  life.own(timer, async (it) => {
    clearInterval(it)
    await looking
  })
  return { watch, firstLook }
}
