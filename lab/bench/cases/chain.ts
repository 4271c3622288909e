import { fork } from 'node:child_process'
import { join } from 'node:path'
import { type Row, rowOf } from '../rows.ts'
import type { Bench } from './bench.ts'

/** The CPU of a message in µs, and the bytes that the chain adds to it. */
export type ChainCosts = { readonly telling: number; readonly reading: number; readonly bytes: number }

/**
 * Measures what the chained history adds to a message. The parts are: report what was read, compare
 * it, add the entry to the chain, and store the chain's value. The value is stored with the
 * message's line, and the chain with the conversation's record, both sealed. One process does the
 * work of a sender and of a receiver.
 *
 * That process collects garbage on one thread, so that its CPU is counted once. By default V8 uses
 * one thread per core: on two cores the measured CPU doubles, and that hides a difference of a few
 * µs.
 */
export async function benchChain({ say, signal }: Bench): Promise<readonly Row[]> {
  say('chain: measuring …')
  const { telling, reading, bytes } = await measured(['--single-threaded-gc'], signal)
  const parallel = await measured([], signal)
  const note = 'each message alone; of those that arrive together, the record is stored once'
  const target = { targets: [{ atMost: 10 }] } as const
  return [
    rowOf({ name: 'chain, CPU to tell what was read', unit: 'µs/msg', ...target }, telling),
    rowOf({ name: 'chain, CPU to compare, chain and store', unit: 'µs/msg', note, ...target }, reading),
    rowOf(
      { name: 'chain, both, garbage collected in parallel', unit: 'µs/msg', note: 'as Node does by default' },
      parallel.telling + parallel.reading,
    ),
    rowOf({ name: 'chain, in a message', unit: 'bytes', targets: [{ atMost: 64 }] }, bytes),
  ]
}

function measured(flags: readonly string[], signal: AbortSignal): Promise<ChainCosts> {
  const execArgv = ['--disable-warning=ExperimentalWarning', ...flags]
  const child = fork(join(import.meta.dirname, 'measure-chain.ts'), { execArgv, signal })
  return new Promise((resolve, reject) => {
    // The child sends only this message.
    child.on('message', (costs) => resolve(costs as ChainCosts))
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`measure-chain.ts ended with ${code}`)))
  })
}
