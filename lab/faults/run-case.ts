import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { checkHistory, type HistoryEvent, type LogHead, type LogRow, readLines, type Verdict } from '@fastchat/checker'
import { eventually } from '@fastchat/testkit'
import { boundsOf, watchBounds } from './bounds.ts'
import type { ClientProcess } from './clients/client-process.ts'
import { Journal } from './clients/journal.ts'
import { nowMs } from './clock.ts'
import { writeEvidence } from './evidence.ts'
import type { FaultCase, World } from './fault-case.ts'
import { Installation } from './installation.ts'
import { startLoad } from './load.ts'
import { seededRandom } from './random.ts'

export type CaseResult = Verdict & {
  readonly id: string
  readonly title: string
  readonly seconds: number
  /** The folder of everything that the run wrote. It is removed when the case has passed. */
  readonly folder: string
}

export type RunOptions = {
  readonly seed: number
  readonly folder: string
  readonly say?: (line: string) => void
  /**
   * True on a machine where other programs may run. Then only the outcome is judged: how fast the
   * system heals is not.
   */
  readonly isBusyMachine?: boolean
}

const defaults = { lightDevices: 6, people: 4, perSecond: 150 }
/** The share of messages that people send. It is small, since people encrypt. */
const peopleShare = 0.15
/**
 * The time within which every message must be answered and shown, once nothing is broken any more.
 */
const quietWithinMs = 60_000
const ackedWithinMs = 60_000
const busyMachine = { healBoundMs: 60_000, bounds: { lagMs: 60_000 } }
/** An encrypted message costs a client a hundred times the CPU of an opaque one. */
const maxEncryptedPerSecond = 30

/**
 * Runs a case: load, faults, mending, a wait for silence, one more reconnect of all devices, and
 * the judgement.
 */
export async function runCase(
  one: FaultCase,
  { seed, folder: parent, isBusyMachine = false, say = () => {} }: RunOptions,
): Promise<CaseResult> {
  const startedAt = nowMs()
  const folder = join(parent, one.id)
  await mkdir(folder, { recursive: true })
  const { perSecond, ...load } = { ...defaults, ...one.load }
  say(`${one.id}: starting …`)
  const installation = await Installation.start(one.installation)
  const clients: ClientProcess[] = []
  const journal = new Journal(join(folder, 'nemesis.jsonl'), 'nemesis')
  let stopWatching = async () => {}
  try {
    clients.push(...(await startLoad(installation, folder, seed, load)))
    const world = createWorld(installation, clients, journal, { folder, seed, say })
    await untilOnline(clients)
    for (const client of clients) client.call({ t: 'send', perSecond: rateOf(client, clients, perSecond) })
    await world.untilAcked(50)
    const bounds = {
      ...boundsOf(load.lightDevices + load.people),
      ...one.bounds,
      ...(isBusyMachine && busyMachine.bounds),
    }
    stopWatching = watchBounds(installation, journal, bounds)
    say(`${one.id}: ${one.title} …`)
    await one.run(world)
    await installation.heal()
    for (const client of clients) if (!client.isRunning) client.start()
    for (const client of clients) client.call({ t: 'send', perSecond: 0 })
    await untilQuiet(installation, clients)
    for (const client of clients) client.call({ t: 'reconnect' })
    await untilOnline(clients)
    await untilQuiet(installation, clients)
    await stopWatching()
    const verdict = await judge(installation, clients, folder, isBusyMachine ? busyMachine.healBoundMs : undefined)
    if (verdict.pass) await rm(folder, { recursive: true, force: true })
    return { ...verdict, id: one.id, title: one.title, seconds: (nowMs() - startedAt) / 1_000, folder }
  } finally {
    await stopWatching()
    await Promise.all(clients.map((client) => client.kill()))
    await installation.stop()
  }
}

function rateOf(client: ClientProcess, clients: readonly ClientProcess[], perSecond: number): number {
  const people = clients.filter(({ kind }) => kind === 'sdk').length
  const share = people === 0 ? 0 : people === clients.length ? 1 : peopleShare
  const ofAllPeople = share === 1 ? perSecond : Math.min(perSecond * share, maxEncryptedPerSecond)
  return client.kind === 'sdk' ? ofAllPeople / people : perSecond - ofAllPeople
}

function createWorld(
  installation: Installation,
  clients: readonly ClientProcess[],
  journal: Journal,
  { folder, seed, say }: { readonly folder: string; readonly seed: number; readonly say: (line: string) => void },
): World {
  let faults = 0
  return {
    installation,
    clients,
    folder,
    say,
    random: seededRandom(seed),
    async fault(kind, target, during, mend) {
      const fault = `f${++faults}`
      journal.write({ op: 'fault', type: 'start', fault, kind, target })
      try {
        await during()
      } finally {
        await mend?.()
        journal.write({ op: 'fault', type: 'end', fault, kind, target })
      }
    },
    acked: () => ackedBy(clients),
    async untilAcked(messages) {
      const before = await ackedBy(clients)
      const all = async () => {
        if ((await ackedBy(clients)) < before + messages) throw new Error(`fewer than ${messages} messages were acked`)
      }
      await eventually(all, { timeoutMs: ackedWithinMs, everyMs: 100 })
    },
    pause: (ms) => delay(ms),
    until: (check) => eventually(check, { timeoutMs: ackedWithinMs, everyMs: 50 }),
  }
}

async function ackedBy(clients: readonly ClientProcess[]): Promise<number> {
  const statuses = await Promise.all(clients.map((client) => client.status()))
  return statuses.reduce((sum, status) => sum + (status?.acked ?? 0), 0)
}

async function untilOnline(clients: readonly ClientProcess[]): Promise<void> {
  const online = async () => {
    for (const client of clients)
      if (!(await client.status())?.isOnline) throw new Error(`${client.kind} is not online`)
  }
  await eventually(online, { timeoutMs: quietWithinMs, everyMs: 100 })
}

/**
 * Waits until every message is answered and every device has read its log to the end. After the
 * time limit it returns, and the judgement says what is missing.
 */
async function untilQuiet({ stack }: Installation, clients: readonly ClientProcess[]): Promise<void> {
  const quiet = async () => {
    const heads = await stack.sql(
      `select c.pub_id as conv, d.pub_id as device, c.last_seq::int as head from leaf l
       join conversation c on c.id = l.conversation_id join device d on d.id = l.device_id where l.to_seq is null`,
    )
    const wanted = new Map(heads.map(({ conv, device, head }) => [`${device} ${conv}`, Number(head)]))
    for (const client of clients) {
      const status = await client.status()
      if (!status || status.pending > 0) throw new Error(`${status?.pending} messages of ${client.kind} are unanswered`)
      for (const { device, conversation, seq } of status.cursors) {
        const head = wanted.get(`${device} ${conversation}`) ?? 0
        if (seq < head) throw new Error(`a ${client.kind} device is at ${seq} of ${head}`)
      }
    }
  }
  await eventually(quiet, { timeoutMs: quietWithinMs, everyMs: 200 }).catch(() => {})
}

async function judge(
  { stack }: Installation,
  clients: readonly ClientProcess[],
  folder: string,
  healBoundMs?: number,
): Promise<Verdict> {
  await Promise.all(clients.map((client) => client.kill()))
  const sent = new Set<string>()
  const opaque = new Set<string>()
  for (const { kind, journal } of clients)
    for (const event of readLines<HistoryEvent>(journal)) {
      if (event.op !== 'send' || event.type !== 'invoke') continue
      sent.add(event.id)
      if (kind === 'light') opaque.add(event.conv)
    }
  const { log, heads, scopes } = await writeEvidence(
    stack,
    join(folder, 'database'),
    (id) => sent.has(id),
    (conv) => opaque.has(conv),
  )
  sent.clear()
  const journals = [...new Set(clients.map(({ journal }) => journal)), join(folder, 'nemesis.jsonl'), scopes]
  return checkHistory(readAll(journals), {
    log: readLines<LogRow>(log),
    heads: readLines<LogHead>(heads),
    ...(healBoundMs !== undefined && { healBoundMs }),
  })
}

function* readAll(files: readonly string[]): Generator<HistoryEvent> {
  for (const file of files) yield* readLines<HistoryEvent>(file)
}
