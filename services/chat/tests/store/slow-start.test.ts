import { randomUUID } from 'node:crypto'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { systemClock } from '@fastchat/clock'
import { openPool } from '@fastchat/db'
import { testDatabase } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createStore } from '../../src/store/index.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let server: Server
let silent = 0
const held = new Set<Socket>()

/**
 * Opens a proxy to the database that does not answer the first `silent` connections, as a busy
 * machine.
 */
beforeAll(async () => {
  database = await testDatabase()
  const port = Number(new URL(database.url).port)
  server = createServer((client) => {
    held.add(client)
    client.on('error', () => undefined)
    if (silent-- > 0) return
    const upstream = connect(port, '127.0.0.1')
    upstream.on('error', () => client.destroy())
    client.on('close', () => upstream.destroy())
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  for (const socket of held) socket.destroy()
  server.close()
  await database.drop()
})

const open = (warned: string[]) => {
  const url = new URL(database.url)
  url.port = String((server.address() as AddressInfo).port)
  const note = (_: unknown, text: string) => void warned.push(text)
  const log = { warn: note, error: note } as unknown as Parameters<typeof createStore>[0]['log']
  return createStore({
    databaseUrl: url.href,
    log,
    keepDays: 45,
    clock: systemClock,
    random: Math.random,
    newId: randomUUID,
  })
}

test('a pod whose first connection is not answered retries and logs that it waits', async () => {
  const warned: string[] = []
  silent = 2
  const store = await open(warned)
  expect(warned).toEqual(['waiting for the database'])
  await store.close()
})

test('a database that could lose confirmed data is refused at once', async () => {
  const { pathname } = new URL(database.url)
  const pool = openPool(database.url, { maxConnections: 1, applicationName: 'test', onIdleError: () => undefined })
  await pool.query(`alter database "${pathname.slice(1)}" set synchronous_commit to off`)
  await pool.end()
  const warned: string[] = []
  await expect(open(warned)).rejects.toThrow('synchronous_commit is off')
  expect(warned).toEqual([])
})
