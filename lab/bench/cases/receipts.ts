import { type Row, rowOf } from '../rows.ts'
import type { Bench } from './bench.ts'
import { withContenders } from './contenders.ts'
import { measureStep, type Step } from './measure-step.ts'

/** Chats of two, on two pods. */
const chats = 250
/** Messages a second in each chat. With the first, one receipt serves four messages. */
const rates = [4, 1] as const
/** The steps with and without receipts take turns this often. The median counts. */
const rounds = 5
const target = 1.3

/**
 * Measures what receipts add to the servers' CPU. The same chats carry messages at the same rate,
 * in turns with and without receipts. Each receiver sends one receipt a second, which is kept.
 */
export async function benchReceipts(bench: Bench): Promise<readonly Row[]> {
  const { options, say, signal } = bench
  say('receipts: starting two pods …')
  const alone = { ...bench, options: { ...options, against: [] } }
  return await withContenders(alone, { nodes: 2, conversations: 1 }, async ([ours]) => {
    if (ours === undefined) throw new Error('no system was started')
    const { system, drivers } = ours
    await drivers.pair(await system.pairs(chats))
    const measure = async (perSecond: number, receipts: boolean): Promise<Step> => {
      const step = await measureStep(
        { perSecond, receipts },
        { servers: system.servers, drivers, seconds: options.seconds, signal },
      )
      const other = `other programs ${(100 * step.otherCores).toFixed(0)} % of a core`
      say(`receipts ${receipts ? 'on' : 'off'}, ${perSecond}/s: ${step.cpuOfAll.toFixed(1)} µs each; ${other}`)
      await drivers.rest()
      return step
    }
    const rows: Row[] = []
    for (const rate of rates) {
      const without: number[] = []
      const withReceipts: number[] = []
      for (let round = 0; round < rounds; round++) {
        without.push((await measure(rate * chats, false)).cpuOfAll)
        withReceipts.push((await measure(rate * chats, true)).cpuOfAll)
      }
      const name = `receipts, ${rate} msg/s in each of ${chats} chats`
      const note = rate === 1 ? 'a receipt for each message' : `a receipt for ${rate} messages`
      rows.push(
        rowOf({ name: `${name}, CPU of all servers without`, unit: 'µs/msg' }, median(without)),
        rowOf({ name: `${name}, CPU of all servers with`, unit: 'µs/msg' }, median(withReceipts)),
        rowOf(
          { name: `${name}, with by without`, unit: '×', note, targets: [{ atMost: target }] },
          median(withReceipts) / median(without),
        ),
      )
    }
    return rows
  })
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
