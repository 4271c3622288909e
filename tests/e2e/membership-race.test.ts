import type { Entry } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Person, raisedAlarms } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

/** The rate limits of devices are raised, since the test is about order under load. */
const podEnv = { SENDS_PER_SECOND: '1000', SEND_BURST: '1000' }
const perMember = 500
/** The number of times that each guest is added and removed. */
const rounds = 3
const names = ['ana', 'ben', 'cleo', 'dora']

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start({ podEnv })
})
afterAll(() => stack.stop())
afterEach(() => expect(raisedAlarms).toEqual([]))

test.each(['calm', 'a pod killed and Redis restarted empty'])(
  'members send at once while others come and go: %s',
  async (weather) => {
    const prefix = weather === 'calm' ? 'calm' : 'rough'
    const senders = await Promise.all(
      names.map((name, n) =>
        Person.signUp(stack.url, `${prefix}-${name}`, weather === 'calm' ? { pod: stack.pod(n % 2) } : {}),
      ),
    )
    const [admin] = senders
    if (!admin) throw new Error('an admin')
    const guests = await Promise.all(['eve', 'fred'].map((name) => Person.signUp(stack.url, `${prefix}-${name}`)))
    const group = (
      await admin.client.createGroup(
        'Storm',
        senders.slice(1).map(({ id }) => id),
      )
    ).id
    await Promise.all(
      senders.map((one) => eventually(() => expect(one.client.conversation(group).record.status).toBe('active'))),
    )

    const total = perMember * senders.length
    const sending = senders.map(async (sender) => {
      for (let n = 0; n < perMember; n++) await sender.queue(group, `${sender.name} ${n}`)
    })
    const coming = comeAndGo(admin, guests, group)
    if (weather !== 'calm') {
      await eventually(() => expect(admin.texts(group).length).toBeGreaterThan(300), { timeoutMs: 60_000 })
      const seen = admin.texts(group).length
      await stack.kill('chat-1')
      await stack.restartRedis()
      await stack.bringUp('chat-1')
      expect(seen).toBeLessThan(total)
    }
    await Promise.all([...sending, coming])
    await eventually(() => expect(senders.map((one) => one.texts(group).length)).toEqual(senders.map(() => total)), {
      timeoutMs: 150_000,
      everyMs: 200,
    })

    const [log] = senders.map((one) => lines(one, group))
    for (const sender of senders) expect(lines(sender, group)).toEqual(log)
    for (const { name } of senders) {
      const own = (log ?? []).filter((line) => line.includes(` ${name} `))
      expect(own.map((line) => Number(line.split(' ').at(-1)))).toEqual(Array.from({ length: perMember }, (_, n) => n))
    }
    for (const guest of guests) {
      const stays = await staysOf(guest, group)
      expect(stays).toHaveLength(rounds)
      // They came and went while people talked.
      expect(Math.min(...stays.map(({ from }) => from))).toBeLessThan(seqOf(log?.at(-1) ?? '0'))
      const due = (log ?? []).filter((line) => stays.some(({ from, to }) => seqOf(line) > from && seqOf(line) < to))
      await eventually(() => expect(lines(guest, group)).toEqual(due), { timeoutMs: 60_000, everyMs: 200 })
    }
    for (const { client } of [...senders, ...guests]) expect(client.counters.undecryptable).toBe(0)
    await Promise.all([...senders, ...guests].map((one) => one.offline()))
  },
  240_000,
)

/**
 * Returns the positions between which a person's device was in the group, as the server derives
 * them from the commits.
 */
const staysOf = async (person: Person, group: ConversationId) =>
  // The columns of the statement.
  (await stack.sql(
    `select l.from_seq::int as "from", l.to_seq::int as "to" from leaf l
     join conversation c on c.id = l.conversation_id join device d on d.id = l.device_id
     where c.pub_id = $1 and d.pub_id = $2`,
    [group, person.client.identity.deviceId],
  )) as { from: number; to: number }[]

/** Adds and removes two guests in turn. */
async function comeAndGo(admin: Person, guests: Person[], group: ConversationId): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const guest of guests) {
      await admin.client.addMembers(group, [guest.id])
      await eventually(() => expect(guest.client.conversation(group).record.status).toBe('active'), {
        timeoutMs: 60_000,
      })
      await admin.client.removeMembers(group, [guest.id])
    }
  }
}

/** Returns the texts with their positions, which are the same on all devices. */
const lines = (person: Person, group: ConversationId): string[] =>
  person.shown
    .filter(
      (entry): entry is Entry & { payload: { kind: 'text'; text: string } } =>
        entry.conversation === group && entry.payload?.kind === 'text',
    )
    .map(({ seq, payload }) => `${seq} ${payload.text}`)

const seqOf = (line: string): number => Number(line.split(' ')[0])
