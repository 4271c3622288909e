import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@fastchat/client'
import { sqliteStore } from '@fastchat/client/node'
import { createStoreKey } from '@fastchat/crypto'
import { percentile } from '../percentile.ts'
import type { ChatsCosts } from './chats.ts'
import { seedHome } from './seed-home.ts'

/** The searches of a warm index, over a query of few results and one of many. */
const queries = ['berlin 7-', 'the train', 'tickets so', 'nothing like it', 'platform seven']
const searches = 40

/** Measures a home with many chats in this process, without a server. */
async function measure(chats: number, messages: number): Promise<ChatsCosts> {
  const folder = mkdtempSync(join(tmpdir(), 'fastchat-bench-'))
  const key = createStoreKey()
  const open = () => sqliteStore(join(folder, 'store.db'), key)
  try {
    const seeding = open()
    await seedHome(seeding, { chats, messages })
    await seeding.close()
    const store = open()
    const [openMs, client] = await timed(() => Client.open('http://127.0.0.1:1', store))
    const [listMs] = await timed(async () => client.own.chats())
    const [firstMs] = await timed(() => client.search('berlin'))
    const warmMs: number[] = []
    for (let n = 0; n < searches; n++) warmMs.push((await timed(() => client.search(queries[n % queries.length]!)))[0])
    await client.stop()
    await store.close()
    return { openMs, listMs, firstMs, warmMs: percentile(Float64Array.from(warmMs), 0.95) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function timed<T>(work: () => Promise<T>): Promise<[ms: number, T]> {
  const startedAt = performance.now()
  const result = await work()
  return [performance.now() - startedAt, result]
}

const [chats = 0, messages = 0] = process.argv.slice(2).map(Number)
process.send?.(await measure(chats, messages))
