import type { Load } from '../driver/calls.ts'
import type { Step } from './measure-step.ts'

export type Measure = (load: Load) => Promise<Step>

export type Search = {
  readonly maxP99Ms: number
  /** Messages outstanding in the first step. Each step doubles them, up to `most`. */
  readonly first: number
  readonly most: number
}

/**
 * Returns the step with the highest rate among those whose p99 was low enough. A step that was too
 * slow is repeated once, in case another program disturbed it.
 */
export async function findMax(measure: Measure, { maxP99Ms, first, most }: Search): Promise<Step> {
  const isFast = (step: Step) => slowest(step) <= maxP99Ms
  let max: Step | undefined
  for (let outstanding = Math.min(first, most); ; outstanding = Math.min(2 * outstanding, most)) {
    const attempt = await measure({ outstanding })
    const step = isFast(attempt) ? attempt : await measure({ outstanding })
    // The first step counts even when it was too slow; the row says how slow it was.
    if (max === undefined || (isFast(step) && step.rate > max.rate)) max = step
    if (!isFast(step) || outstanding === most) return max
  }
}

/** Returns the greater p99 of acks and deliveries, in ms. Some peers do not ack. */
export const slowest = ({ ackMs, deliveryMs }: Step): number => Math.max(ackMs?.p99 ?? 0, deliveryMs.p99)
