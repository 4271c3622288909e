import type { Load } from '../driver/calls.ts'
import { type Metric, type RivalName, type Row, rowOf } from '../rows.ts'
import type { System } from '../systems/system.ts'
import type { Bench } from './bench.ts'
import type { Contender } from './contenders.ts'
import { type Measure, slowest } from './find-max.ts'
import { measureStep, type Step } from './measure-step.ts'

/** A metric of all contenders, computed from one turn of one contender. */
export type ContestMetric<Turn> = Metric & {
  readonly better: 'more' | 'less'
  /** Returns the figure, or `undefined` when this system has none. */
  readonly of: (turn: Turn, system: System) => number | undefined
}

/**
 * Measures all contenders one after the other, round by round, and keeps the better figure of each.
 */
export async function contest<Turn>(
  bench: Bench,
  title: string,
  contenders: readonly Contender[],
  metrics: readonly ContestMetric<Turn>[],
  turn: (contender: Contender, measure: Measure) => Promise<Turn>,
): Promise<readonly Row[]> {
  const figures = new Map<ContestMetric<Turn>, Map<string, number>>(metrics.map((metric) => [metric, new Map()]))
  // With peers there are several rounds, so that a short disturbance does not decide.
  const rounds = contenders.length > 1 ? bench.options.rounds : 1
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      const result = await turn(contender, measureOf(bench, title, contender))
      for (const metric of metrics) {
        const value = metric.of(result, contender.system)
        const kept = figures.get(metric)
        if (value !== undefined)
          kept?.set(contender.system.name, better(metric, kept.get(contender.system.name), value))
      }
    }
  }
  return metrics.flatMap((metric) => {
    const { ours, ...peers } = Object.fromEntries(figures.get(metric) ?? []) as Partial<
      Record<RivalName | 'ours', number>
    >
    return ours === undefined ? [] : [rowOf(metric, ours, peers)]
  })
}

function better({ better: wanted }: { better: 'more' | 'less' }, kept: number | undefined, value: number): number {
  if (kept === undefined) return value
  return wanted === 'more' ? Math.max(kept, value) : Math.min(kept, value)
}

function measureOf({ options, say, signal }: Bench, title: string, { system, drivers }: Contender): Measure {
  return async (load: Load): Promise<Step> => {
    const step = await measureStep(load, { servers: system.servers, drivers, seconds: options.seconds, signal })
    const { rate, driverCores, otherCores, cpu, cpuOfAll } = step
    const parts = Object.entries(cpu).map(([name, micros]) => `${name} ${micros.toFixed(1)}`)
    const cores = `of a core: driver ${percent(driverCores)}, other programs ${percent(otherCores)}`
    const cost = `${cpuOfAll.toFixed(1)} µs each (${parts.join(', ')})`
    const figures = `${rate.toFixed(0)}/s, p99 ${slowest(step).toFixed(0)} ms, ${cost}`
    say(`${title}, ${system.name}: ${describe(load)}: ${figures}; ${cores}`)
    if (driverCores > busyDriver * options.drivers) say(`${title}: the driver limits the rate. Try more --drivers.`)
    return step
  }
}

/** The share of one core above which a driver process limits the rate. */
const busyDriver = 0.9

const percent = (cores: number): string => `${(100 * cores).toFixed(0)} %`

function describe(load: Load): string {
  return 'outstanding' in load ? `${load.outstanding} outstanding` : `${load.perSecond.toFixed(0)}/s on schedule`
}
