import { fork } from 'node:child_process'
import { join } from 'node:path'
import { type Row, rowOf } from '../rows.ts'
import type { Bench } from './bench.ts'

/** The times of a device in ms, without a server. */
export type ChatsCosts = {
  /** The time until the device is open, from its files. */
  readonly openMs: number
  /** The time to list the chats, with marks, in their order. */
  readonly listMs: number
  /** The time of the first search, which reads the history. */
  readonly firstMs: number
  /** The 95th percentile of the searches after it. */
  readonly warmMs: number
}

const few = { chats: 100, messages: 10_000 }
const many = { chats: 1_000, messages: 100_000 }

/**
 * Measures one device with a long history: it is opened, lists its chats and searches all of them.
 * A tenth of the size shows what grows faster than the account.
 */
export async function benchChats({ say, signal }: Bench): Promise<readonly Row[]> {
  say(`chats: ${few.messages} messages in ${few.chats} chats …`)
  const small = await measured(few, signal)
  say(`chats: ${many.messages} messages in ${many.chats} chats …`)
  const large = await measured(many, signal)
  const sizes = { small: '10 000 messages', large: '100 000 messages' }
  return [
    rowOf({ name: `search over ${sizes.small}, first`, unit: 'ms', targets: [{ atMost: 1_000 }] }, small.firstMs),
    rowOf({ name: `search over ${sizes.small}, warm, p95`, unit: 'ms', targets: [{ atMost: 50 }] }, small.warmMs),
    rowOf({ name: `search over ${sizes.large}, first`, unit: 'ms', targets: [{ atMost: 10_000 }] }, large.firstMs),
    rowOf({ name: `search over ${sizes.large}, warm, p95`, unit: 'ms', targets: [{ atMost: 500 }] }, large.warmMs),
    rowOf({ name: 'chats, open with 100', unit: 'ms' }, small.openMs),
    rowOf({ name: 'chats, open with 1 000', unit: 'ms', targets: [{ atMost: 1_000 }] }, large.openMs),
    rowOf({ name: 'chats, list of 1 000', unit: 'ms', targets: [{ atMost: 50 }] }, large.listMs),
  ]
}

function measured({ chats, messages }: typeof few, signal: AbortSignal): Promise<ChatsCosts> {
  const execArgv = ['--disable-warning=ExperimentalWarning']
  const child = fork(join(import.meta.dirname, 'measure-chats.ts'), [`${chats}`, `${messages}`], { execArgv, signal })
  return new Promise((resolve, reject) => {
    // The child sends only this message.
    child.on('message', (costs) => resolve(costs as ChatsCosts))
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`measure-chats.ts ended with ${code}`)))
  })
}
