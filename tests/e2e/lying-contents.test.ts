/**
 * Tests of a server whose Welcomes and group infos are junk. No device waits for them for ever, and
 * true ones are enough to go on.
 */
import { type ConversationId, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LyingServer, type RestLie } from '../support/lying-server.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let liar: LyingServer
beforeAll(async () => {
  stack = await Stack.start()
  liar = await LyingServer.start(stack.url)
})
afterAll(async () => {
  liar.stop()
  await stack.stop()
})

const junk = (wireFormat: number) => toBase64Url(Uint8Array.from([0, 1, 0, wireFormat, ...new Array(300).fill(7)]))

/** Changes fields of a successful answer to a request whose path ends so. */
const changed =
  (lies: Readonly<Record<string, object>>): RestLie =>
  ({ status, body }, asked) => {
    const lie = Object.entries(lies).find(([path]) => asked.includes(path))?.[1]
    return status === 200 && lie ? { status, body: { ...(body as object), ...lie } } : { status, body }
  }

test.each([
  ['junk', junk(3), junk(4)],
  ['no base64url', '§', '§'],
  ['empty', '', ''],
])(
  'with a Welcome and a group info that are %s, the device settles, says so, and joins when they are true',
  async (kind, welcome, groupInfo) => {
    const name = (who: string) => `${who}-${kind.replace(' ', '-')}`
    const [ana, dee] = await Promise.all([Person.signUp(stack.url, name('ana')), Person.signUp(liar.url, name('dee'))])
    liar.lie = changed({ '/welcome': { welcome }, '/group-info': { groupInfo } })
    const group: ConversationId = (await ana.client.createGroup('Group', [dee.id])).id
    const codes = () => dee.shown.flatMap(({ event }) => (event?.kind === 'trouble' ? [event.code] : []))
    await eventually(() => expect(codes(), dee.report()).toEqual(['cannot_enter']), { timeoutMs: 60_000, everyMs: 50 })
    await dee.settled()
    expect(dee.client.conversation(group).group).toBeUndefined()

    liar.lie = (answer) => answer
    await dee.offline()
    await dee.online()
    await eventually(() => expect(dee.client.conversation(group).record.status, dee.report()).toBe('active'))
    await ana.send(group, `after ${kind}`)
    await dee.sees(`after ${kind}`)
  },
)
