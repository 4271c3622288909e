import { existsSync } from 'node:fs'
import type { HistoryEvent } from '@fastchat/checker'
import { readLines } from '@fastchat/checker'
import { Client, type Entry, type Store, Trouble } from '@fastchat/client'
import { sqliteStore } from '@fastchat/client/node'
import type { MessageId } from '@fastchat/schema'
import { v7 as uuidv7 } from 'uuid'
import { seededRandom } from '../random.ts'
import type { Call, SdkPlan, Status } from './calls.ts'
import { hashOf, Journal } from './journal.ts'

/** Above this number of queued messages the process pauses sending, as in light-main. */
const maxPending = 200
const tickMs = 50
const historyPage = 1_000

// The harness wrote this argument.
const plan = JSON.parse(process.argv[2] ?? '') as SdkPlan
/** The last entry that an earlier run of this process showed, by device and conversation. */
const shown = new Map<string, number>()
/** Messages that are queued and, as far as this process knows, not acked. */
const known = new Set<string>()
let acked = 0
if (existsSync(plan.journal))
  for (const event of readLines<HistoryEvent>(plan.journal)) {
    if (event.op === 'show') shown.set(`${event.device} ${event.conv}`, event.seq)
    if (event.op !== 'send') continue
    if (event.type === 'invoke') known.add(event.id)
    else if (known.delete(event.id)) acked++
  }
const random = seededRandom(plan.seed)
const journal = new Journal(plan.journal, `sdk-${process.pid}`)
let connects = 0
let troubles = 0
let isDiskFull = false

const clients = await Promise.all(plan.people.map(({ store, key }) => open(store, key)))

/** Opens an encrypting device on its store, as an application would. */
async function open(path: string, key: string): Promise<Client> {
  const client = await Client.open(plan.url, onDisk(sqliteStore(path, Buffer.from(key, 'hex'))))
  const device = client.identity.deviceId
  client.on('entry', (entry) => show(client, entry))
  client.on('trouble', (error) => {
    troubles++
    if (!(error instanceof Trouble)) return
    const { conversation: conv = '', seq = 0 } = error.details
    journal.write({ op: 'alarm', device, conv, seq, code: error.code })
  })
  client.on('stored', ({ conversation, id, seq }) => {
    if (!known.delete(id)) return // the id of a name or a receipt
    acked++
    journal.write({ op: 'send', type: 'ok', device, conv: conversation, id, seq })
  })
  client.on('connection', ({ state }) => {
    if (state !== 'online') return
    connects++
    journal.write({ op: 'conn', type: 'up', device })
  })
  // An earlier run may have stored entries right before it was killed. They are shown now.
  for (const { conversation } of client.conversations())
    for (let after = shown.get(`${device} ${conversation}`) ?? 0; ; ) {
      const page = await client.entriesAfter(conversation, after, historyPage)
      for (const entry of page) show(client, entry)
      const last = page.at(-1)
      if (!last || page.length < historyPage) break
      after = last.seq
    }
  client.start()
  return client
}

/** Returns a store whose writes fail with SQLite's error while the disk is full. */
function onDisk(store: Store): Store {
  const write: Store['write'] = async (batch) => {
    if (isDiskFull) throw new Error('database or disk is full')
    await store.write(batch)
  }
  return { get: store.get.bind(store), list: store.list.bind(store), write, close: store.close.bind(store) }
}

function show({ identity }: Client, { type, conversation, seq, id, payload }: Entry): void {
  const { deviceId: device } = identity
  if (type === 'unreadable') journal.write({ op: 'undecryptable', device, conv: conversation, seq })
  if (id === undefined || payload?.kind !== 'text') return
  journal.write({ op: 'show', device, conv: conversation, seq, id, hash: hashOf(payload.text) })
}

async function say(client: Client): Promise<void> {
  const open = client.conversations().filter(({ status }) => status === 'active')
  const chosen = open[Math.floor(random() * open.length)]
  if (!chosen) return
  // uuidv7 returns UUIDs, the form of a message id.
  const id = uuidv7() as MessageId
  const text = `${id} says ${random()}`
  const { deviceId: device } = client.identity
  known.add(id)
  journal.write({ op: 'send', type: 'invoke', device, conv: chosen.conversation, id, hash: hashOf(text) })
  await client
    .conversation(chosen.conversation)
    .outbox.queue(id, { v: 1, kind: 'text', text })
    .catch(() => {
      // The outbox never held the message.
      if (!known.delete(id)) return
      journal.write({ op: 'send', type: 'fail', device, conv: chosen.conversation, id, code: 'not_stored' })
    })
}

let perTick = 0
let owed = 0
setInterval(() => {
  owed = Math.min(owed + perTick, 100)
  for (; owed >= 1; owed--) {
    const client = clients[Math.floor(random() * clients.length)]
    if (client && pendingOf(client) < maxPending) void say(client)
  }
}, tickMs)

process.on('message', (call: Call) => {
  if (call.t === 'send') perTick = (call.perSecond * tickMs) / 1_000
  if (call.t === 'disk') isDiskFull = call.isFull
  if (call.t === 'reconnect') void reconnect()
  if (call.t === 'status') process.send?.(status())
})
process.on('disconnect', () => process.exit())

async function reconnect(): Promise<void> {
  for (const client of clients) {
    await client.stop()
    client.start()
  }
}

const pendingOf = (client: Client): number =>
  client
    .conversations()
    .reduce((sum, { conversation }) => sum + client.conversation(conversation).outbox.records.size, 0)

const status = (): Status => ({
  t: 'status',
  acked,
  connects,
  refusals: {},
  pending: clients.reduce((sum, client) => sum + pendingOf(client), 0),
  isOnline: clients.every(({ state }) => state.state === 'online'),
  undecryptable: clients.reduce((sum, { counters }) => sum + counters.undecryptable, 0),
  troubles,
  cursors: clients.flatMap((client) =>
    client
      .conversations()
      .map(({ conversation, cursor }) => ({ device: client.identity.deviceId, conversation, seq: cursor })),
  ),
})
