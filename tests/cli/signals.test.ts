import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'
import { Window } from './window.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

/** Makes two people who have a chat. Strangers are told nothing. */
async function people(one: string, other: string) {
  const both = [await Machine.of(stack.url, one), await Machine.of(stack.url, other)] as const
  await both[0].must('send', other, 'we know each other')
  await both[1].must('accept', one)
  await both[1].must('history', one)
  return both
}

test('send waits until a message is read, and receipts tell by whom', async () => {
  const [ann, ben] = await people('ann', 'ben')
  const sending = ann.start(['send', 'ben', 'read me', '--until', 'read', '--for', '60', '--json'])
  const reading = await ben.must('tail', '--count', '1', '--for', '60', '--json')
  expect(reading.objects.at(-1)).toMatchObject({ text: 'read me' })
  const { code, objects } = await sending.ended
  expect(code).toBe(0)
  const [sent] = objects.filter(({ type }) => type === 'sent')
  expect(sent).toMatchObject({ receipt: 'read' })
  const told = await ann.must('receipts', String(sent?.id), '--json')
  expect(told.objects).toMatchObject([{ state: 'read', members: [{ username: 'ben', state: 'read' }] }])
  expect((await ann.must('receipts', `ben#${sent?.seq}`)).out).toBe('[R] read\nben: read\n')
  expect(await ben.run('receipts', `ann#${sent?.seq}`)).toMatchObject({
    code: 1,
    err: expect.stringContaining('your own'),
  })
  // The history has the ticks, too.
  expect((await ann.must('history', 'ben')).out).toContain('ann: read me [R]\n')
  expect((await ann.must('history', 'ben', '--json')).objects.at(-1)).toMatchObject({
    text: 'read me',
    receipt: 'read',
  })
  expect((await ben.must('history', 'ann', '--json')).objects.at(-1)).not.toHaveProperty('receipt')
  expect((await ben.must('privacy', 'receipts', 'off')).out).toMatch(/receipts {2}off/)
  const wait = ['send', 'ann', 'nothing back', '--until', 'read', '--for', '1', '--json']
  const refused = await ben.start(wait).ended
  expect(refused.objects.at(-1)).toMatchObject({ code: 'switched_off' })
  const late = await ann.start(['send', 'ben', 'again', '--until', 'delivered', '--for', '1', '--json']).ended
  expect(late.objects.at(-1)).toMatchObject({ code: 'not_reached' })
})

test('the row of the interactive mode shows ticks and typing in place, and typing is no line of the log', async () => {
  const [cat, dan] = await people('cat', 'dan')
  await cat.must('send', 'dan', 'hello')
  const cats = new Window(cat)
  const dans = new Window(dan)
  await cats.holds('>')
  cats.press('/open dan\r')
  await cats.holds('@dan>')
  await cats.holds('[v] stored')
  dans.press('/open cat\r')
  await dans.holds('@cat>')
  await cats.holds('[R] read')
  await cats.holds('[v] stored', 0)
  cats.press('/users dan\r')
  await cats.holds('dan · here')
  dans.press('I am typing')
  await cats.holds('dan typing')
  dans.press('\r')
  await cats.holds('dan: I am typing')
  await cats.holds('dan typing', 0)
  for (const window of [cats, dans]) window.press('/quit\r')
  await Promise.all([cats.running.ended, dans.running.ended])
  expect((await cat.must('history', 'dan')).out).not.toContain('dan typing')
})

test('who asks the people of a chat, and tail tells signals when asked', async () => {
  const [eve, fay] = await people('eve', 'fay')
  await eve.must('send', 'fay', 'there?')
  const following = fay.start(['tail', 'eve', '--json', '--signals', '--for', '60'])
  await following.shows('there?')
  const asked = await eve.must('who', 'fay', '--json')
  expect(asked.objects).toMatchObject([{ type: 'presence', username: 'fay', here: true }])
  await following.shows('"presence"')
  // A fresh process knows nothing, and asks when it is told to. Fay answers once in five seconds.
  await eventually(
    async () => {
      const [chat] = (await eve.must('chats', '--here', '--json')).objects
      expect(chat).toMatchObject({ name: 'fay', here: ['fay'] })
    },
    { timeoutMs: 60_000, everyMs: 500 },
  )
  following.child.kill('SIGINT')
  await following.ended
  expect((await eve.must('who', 'fay')).out).toMatch(/fay: (no answer|last seen)/)
})
