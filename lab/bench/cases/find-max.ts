import type { Load } from '../driver/calls.ts'
import type { Step } from './measure-step.ts'

export type Measure = (load: Load) => Promise<Step>

export type Search = {
  readonly maxP99Ms: number
  /** Messages outstanding in the first step; twice as many from step to step, up to `most`. */
  readonly first: number
  readonly most: number
}

/**
 * The step with the highest rate among those that were fast enough. One that was too slow is repeated once: something else on
 * the machine may have got in the way.
 */
export async function findMax(measure: Measure, { maxP99Ms, first, most }: Search): Promise<Step> {
  const isFast = (step: Step) => slowest(step) <= maxP99Ms
  let max: Step | undefined
  for (let outstanding = Math.min(first, most); ; outstanding = Math.min(2 * outstanding, most)) {
    const attempt = await measure({ outstanding })
    const step = isFast(attempt) ? attempt : await measure({ outstanding })
    // The first one is taken in any case; the row says how slow it was.
    if (max === undefined || (isFast(step) && step.rate > max.rate)) max = step
    if (!isFast(step) || outstanding === most) return max
  }
}

/** The later of both, in ms; peers do not ack. */
export const slowest = ({ ackMs, deliveryMs }: Step): number => Math.max(ackMs?.p99 ?? 0, deliveryMs.p99)
