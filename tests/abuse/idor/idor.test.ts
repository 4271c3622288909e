import { clientFrames, type Seq } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callAs } from './call.ts'
import { type Cast, gatherCast, type Role, roles } from './cast.ts'
import { type DatabaseDigest, openDatabaseDigest } from './database-digest.ts'
import { connectAs, cursors, lastSeq, tell } from './forging.ts'
import { frameAs } from './frame-as.ts'
import { frameRules } from './frame-rules.ts'
import { type OperationName, operations, restRules } from './rest-rules.ts'

let cast: Cast
let digest: DatabaseDigest
beforeAll(async () => {
  cast = await gatherCast()
  digest = await openDatabaseDigest(cast.stack.databaseUrl)
})
afterAll(async () => {
  await digest?.close()
  await cast?.stack.stop()
})

test('every operation and every frame of the contract has a rule', () => {
  expect(Object.keys(restRules).sort()).toEqual(Object.keys(operations).sort())
  expect(Object.keys(frameRules).sort()).toEqual(Object.keys(clientFrames).sort())
})

type Attempt = {
  readonly title: string
  readonly outcome: Readonly<Record<Role, string>>
  as(role: Role): Promise<string>
}

// The keys of the table.
const rest = (Object.keys(restRules) as OperationName[]).flatMap((name) =>
  restRules[name].map(
    (rule): Attempt => ({ ...rule, title: `${name} ${rule.what}`, as: (role) => callAs(cast, role, name, rule) }),
  ),
)
const frames = Object.entries(frameRules).flatMap(([t, rules]) =>
  rules.map(
    (rule): Attempt => ({
      ...rule,
      title: `${t} ${rule.what}`,
      as: async (role) => frameAs(cast, role, await rule.frame(cast, role)),
    }),
  ),
)
const attempts = [...frames, ...rest]

// Refused attempts come first, while the group is still at the epoch that all devices know.
test.each(attempts)('refused: $title', async ({ title, outcome, as }) => {
  const before = await digest.take()
  for (const role of roles.filter((one) => outcome[one] !== 'allow')) {
    expect.soft(await as(role), `${title} as ${role}`).toBe(outcome[role])
    expect.soft(await digest.take(), `${title} as ${role}`).toEqual(before)
  }
})

describe('positions', () => {
  const beyond = 1_000_000_000 as Seq // a number, but not a position

  test('an ack counts only for the device that sends it, and only up to the last entry delivered to it', async () => {
    const others = ['stranger', 'exMember', 'otherDevice'] as const
    const before = await cursorsOf(others)
    for (const role of others) {
      const socket = await connectAs(cast, role)
      await tell(socket, { t: 'ack', conversation: cast.group, seq: beyond })
      socket.close()
    }
    const { deviceId } = cast.member.client.identity
    const member = await connectAs(cast, 'member', { [cast.group]: 0 })
    await member.until((frame) => frame.t === 'message' && frame.seq === cast.seqs.late)
    await tell(member, { t: 'ack', conversation: cast.group, seq: beyond })
    const end = await lastSeq(cast)
    // Cursors are written in the order of the acks, so those of the others would be written by now.
    await eventually(async () => expect((await cursors(cast))[deviceId]).toBe(end))
    expect(await cursorsOf(others)).toEqual(before)
    member.close()
  })

  test.each([-1, 0, 1.5, 2 ** 53, '1', null])('an ack of position %s is refused', async (seq) => {
    const socket = await connectAs(cast, 'member')
    socket.write(JSON.stringify({ t: 'ack', conversation: cast.group, seq }))
    expect(await socket.closed).toMatchObject({ code: 4500 })
  })

  test('a hello with cursors of other people’s conversations, or with future ones, gets nothing more', async () => {
    const before = await cursorsOf(['stranger', 'exMember', 'member'])
    const stranger = await connectAs(cast, 'stranger', { [cast.group]: 0 })
    expect(stranger.frames.filter(({ t }) => t === 'message' || t === 'gap' || t === 'welcome')).toEqual([])
    const exMember = await connectAs(cast, 'exMember', { [cast.group]: 0 })
    const seqs = exMember.frames.flatMap((frame) => (frame.t === 'message' ? [frame.seq] : []))
    expect(Math.max(...seqs)).toBeLessThan(cast.seqs.late)
    const member = await connectAs(cast, 'member', { [cast.group]: beyond })
    await tell(member, { t: 'ack', conversation: cast.group, seq: beyond })
    expect(member.frames.filter(({ t }) => t === 'message')).toEqual([])
    for (const socket of [stranger, exMember, member]) socket.close()
    expect(await cursorsOf(['stranger', 'exMember', 'member'])).toEqual(before)
  })

  async function cursorsOf(those: readonly Role[]) {
    const known = await cursors(cast)
    const deviceOf = (role: Role) => cast.actors[role].person?.client.identity.deviceId ?? cast.otherDevice
    return those.map((role) => known[deviceOf(role)])
  }
})

// These tests come last, since some change the group.
test.each(attempts)('allowed: $title', async ({ title, outcome, as }) => {
  for (const role of roles.filter((one) => outcome[one] === 'allow'))
    expect.soft(await as(role), `${title} as ${role}`).toBe('allow')
})

test('a list has only what concerns its reader', async () => {
  const list = async (role: Role, path: string) => {
    const headers = { authorization: `Bearer ${cast.actors[role].token}` }
    return await (await fetch(cast.stack.url + path, { headers })).text()
  }
  for (const role of roles.slice(2)) {
    const isMember = role === 'member' || role === 'admin' || role === 'otherDevice'
    expect((await list(role, '/v1/conversations')).includes(cast.group), role).toBe(isMember)
    const devices = await list(role, '/v1/devices')
    expect(devices.includes(cast.admin.client.identity.deviceId), role).toBe(role === 'admin')
    expect(devices.includes(cast.otherDevice), role).toBe(role === 'member' || role === 'otherDevice')
  }
  const page = JSON.parse(await list('exMember', `/v1/conversations/${cast.group}/messages`)) as {
    entries: { seq: number }[]
    lastSeq: number
  }
  expect(page.entries.length).toBeGreaterThan(0)
  for (const { seq } of page.entries) expect(seq).toBeLessThan(cast.seqs.late)
  expect(page.lastSeq).toBeLessThan(cast.seqs.late)
})

test('commits are shown to every device of a member, and to a removed member up to the removal', async () => {
  const handshakes = async (role: Role) => {
    const path = `/v1/conversations/${cast.group}/messages?only=handshakes`
    const headers = { authorization: `Bearer ${cast.actors[role].token}` }
    const page = (await (await fetch(cast.stack.url + path, { headers })).json()) as {
      entries: { seq: number; kind: string }[]
    }
    expect(page.entries.filter(({ kind }) => kind === 'application')).toEqual([])
    return page.entries.map(({ seq }) => seq)
  }
  const all = await handshakes('admin')
  expect(all).toEqual(expect.arrayContaining([1, cast.seqs.lateCommit]))
  for (const role of ['member', 'otherDevice'] as const) expect(await handshakes(role), role).toEqual(all)
  const theirs = await handshakes('exMember')
  expect(theirs).toContain(1)
  for (const seq of theirs) expect(seq).toBeLessThan(cast.seqs.lateCommit)
})
