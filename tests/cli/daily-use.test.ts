import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'
import { Window } from './window.ts'

const esc = '\u001b'
const up = `${esc}[A`

let stack: Stack
let ann: Machine
let ben: Machine
beforeAll(async () => {
  stack = await Stack.start({ pods: 1 })
  ann = await Machine.of(stack.url, 'ann')
  ben = await Machine.of(stack.url, 'ben')
  await ann.must('send', 'ben', 'hello')
  await ben.must('send', 'ann', 'hello yourself')
  await ben.must('history', 'ann')
  await ann.must('history', 'ben')
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

/** Opens a window, and in it the chat with somebody. */
async function openChat(machine: Machine, name: string, ...args: readonly string[]): Promise<Window> {
  const window = new Window(machine, { args: ['chat', name, ...args] })
  await window.holds(`@${name}>`)
  return window
}

async function quit(window: Window): Promise<void> {
  window.press('\u0015/quit\r')
  expect((await window.running.ended).code).toBe(0)
}

const unreadOf = async (machine: Machine, name: string): Promise<unknown> =>
  (await machine.must('chats', '--offline', '--json')).objects.find((one) => one.name === name)?.unread

test('a window begins with unread messages, and only shown ones become read', async () => {
  await ann.must('group', 'create', 'Trip', 'ben')
  for (const text of ['new one', 'new two', 'new three']) await ann.must('send', 'ben', text)
  await ann.must('send', '#Trip', 'to all')
  const window = new Window(ben)
  await window.holds('4 new in 2 chats: @ann 3, #Trip 1')
  window.press('/open ann\r')
  await window.holds('── 3 new since ')
  await window.holds('(1) @ann>')
  const rows = window.text.split('\n')
  const at = (text: string) => rows.findIndex((row) => row.includes(text))
  expect(at('── 3 new')).toBe(at('ann: new one') - 1)
  expect(await unreadOf(ben, 'ann')).toBe(0)
  expect(await unreadOf(ben, 'Trip')).toBe(1)
  window.press('/open #Trip\r')
  await window.holds('── 1 new since ')
  await eventually(() => expect(window.text).toMatch(/\n#Trip>$/))
  await quit(window)
})

test('the sign of a message changes in the row where the message stands', async () => {
  const window = await openChat(ann, 'ben')
  window.press('how far am I\r')
  await window.holds('ann: how far am I')
  window.press('a row\rbelow it\r')
  await window.holds('ann: below it')
  const number = /^ *(\d+) /.exec(window.rowsWith('ann: a row')[0] ?? '')?.[1] ?? ''
  window.press(`/reply ${number} an answer of mine, which is so long that it takes two rows of the window\r`)
  await window.holds('ann: an answer of mine')
  const before = window.text.split('\n').findIndex((row) => row.includes('how far am I'))
  expect(window.rowsWith('how far am I')[0]).toMatch(/\[vv?\] +ann: how far am I$/)
  await ben.must('history', 'ann')
  await eventually(
    () => expect(window.rowsWith('how far am I')).toEqual([expect.stringMatching(/\[R\] +ann: how far am I$/)]),
    {
      timeoutMs: 20_000,
    },
  )
  expect(window.text.split('\n').findIndex((row) => row.includes('how far am I'))).toBe(before)
  expect(window.rowsWith('below it')[0]).toMatch(/\[R\] +ann: below it$/)
  await eventually(() => expect(window.rowsWith('ann: an answer of mine')[0]).toContain('[R]  ann: an answer of mine'))
  expect(window.text).toMatch(/┌ ann: a row\n.*an answer of mine.*\n {6}.*the window\n/)
  await quit(window)
  // History lines have the sign, too, and a pipe gets no codes of a terminal.
  const { out, objects } = await ann.must('history', 'ben', '-n', '1', '--json')
  expect(objects).toMatchObject([{ text: expect.stringContaining('an answer'), receipt: 'read' }])
  expect((await ann.must('history', 'ben', '-n', '1')).out).toMatch(/ \[R\] {2}ann: an answer .*\n$/)
  expect(out).not.toContain(esc)
})

test('messages are named by numbers that stay, with their text as it was typed', async () => {
  const window = await openChat(ann, 'ben')
  window.press('first of mine\r')
  await window.holds('ann: first of mine')
  const number = /^ *(\d+) /.exec(window.rowsWith('ann: first of mine')[0] ?? '')?.[1] ?? ''
  for (const text of ['in between', 'and more']) {
    await ben.must('send', 'ann', text)
    await window.holds(`ben: ${text}`)
  }
  window.press(`/reply ${number} don't say "so"\r`)
  await window.holds(`ann: don't say "so"`)
  window.press(`/edit ${number} it's  "edited"\r`)
  await window.holds(`edited message ${number}: it's  "edited"`)
  window.press(`/react ${number} \t👍\r`)
  await window.holds(`reacted 👍 to message ${number}`)
  window.press(`/jump ${number}\r`)
  await window.holds('here is what you looked for')
  const changed = new RegExp(`^ *${number} .* ann \\(edited, .* 1\\): it's {2}"edited"$`)
  await eventually(() => expect(window.rowsWith('(edited, ')).toEqual([expect.stringMatching(changed)]))
  window.press(`/receipts ${number}\r`)
  await eventually(() => expect(window.text).toMatch(/\nben: (no receipt|delivered|read)/))
  const { length } = window.rowsWith('ben: in between')
  window.press('/search between\r')
  await eventually(() => expect(window.rowsWith('ben: in between')).toHaveLength(length + 1))
  window.press('/repl\t')
  await eventually(() => expect(window.text).toMatch(/@ben> \/reply$/))
  await quit(window)
  expect((await ben.texts('ann')).at(-1)).toBe(`don't say "so"`)
})

test('the up arrow in an empty line edits the last message, and Esc leaves it as it is', async () => {
  const window = await openChat(ann, 'ben')
  window.press('with a tpyo\r')
  await window.holds('ann: with a tpyo')
  window.press(up)
  await eventually(() => expect(window.text).toMatch(/edit \d+ \(Esc: cancel\)> with a tpyo$/))
  window.press(esc)
  await eventually(() => expect(window.text).toMatch(/\n@ben>$/))
  window.press(up)
  await eventually(() => expect(window.text).toMatch(/> with a tpyo$/))
  window.press(`${'\u007f'.repeat(4)}typo\r`)
  await eventually(() => expect(window.text).toMatch(/edited message \d+: with a typo/))
  await quit(window)
  expect((await ben.texts('ann')).at(-1)).toBe('with a typo')
})

test('unsent text comes back when its chat is opened', async () => {
  await Machine.of(stack.url, 'cat')
  const window = await openChat(ann, 'ben')
  window.press('half of a')
  await eventually(() => expect(window.text).toMatch(/@ben> half of a$/))
  window.press('\u000f')
  await eventually(() => expect(window.text).toMatch(/@ben> \/open$/))
  window.press('cat\r')
  await window.holds('@cat>')
  window.press('/open ben\r')
  await eventually(() => expect(window.text).toMatch(/@ben> half of a$/))
  window.press(' thought\r')
  await window.holds('ann: half of a thought')
  await quit(window)
  expect((await ann.must('draft', 'ben')).out).toContain('No draft')
})

/** Makes a red PNG. */
function redPng(path: string): void {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const [width, height] = [80, 60]
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2], 8)
  const row = Buffer.concat([Buffer.from([0]), Buffer.from(Array.from({ length: width }, () => [255, 0, 0]).flat())])
  const pixels = deflateSync(Buffer.concat(Array<Buffer>(height).fill(row)))
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  const parts = [chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]
  writeFileSync(path, Buffer.concat([signature, ...parts]))
}

test('a picture appears below its message, in the way that the terminal answers', async () => {
  const path = join(ben.folder, 'red.png')
  redPng(path)
  const blocks = await openChat(ann, 'ben', '--pictures', 'blocks')
  await ben.must('send', 'ann', '--image', path)
  await blocks.holds('[image red.png')
  await eventually(() => expect(blocks.text).toMatch(/▀{10}/))
  await quit(blocks)
  const sixel = new Window(ann, { args: ['chat', 'ben'] })
  await eventually(() => expect(sixel.running.out()).toContain(`${esc}[c`))
  sixel.press(`typed ${esc}[?62;4;22cmeanwhile`)
  await eventually(() => expect(sixel.running.out()).toContain(`${esc}P0;1;0q"1;1;80;60`), { timeoutMs: 20_000 })
  await eventually(() => expect(sixel.text).toMatch(/@ben> typed meanwhile$/))
  sixel.press('\u0015')
  const number = /^ *(\d+) /.exec(sixel.rowsWith('[image red.png')[0] ?? '')?.[1] ?? ''
  sixel.press(`/view ${number}\r`)
  await eventually(() => expect(sixel.running.out().split(`${esc}P0;1;0q`)).toHaveLength(3), { timeoutMs: 20_000 })
  await quit(sixel)
})

test('a command is run for messages in other chats, and not for muted ones', async () => {
  const dan = await Machine.of(stack.url, 'dan')
  await dan.must('send', 'ann', 'I am dan')
  await ann.must('accept', 'dan')
  const told = join(ann.folder, 'told')
  const command = `echo "$FASTCHAT_FROM in $FASTCHAT_CHAT [$FASTCHAT_TEXT]" >> ${told}`
  const window = await openChat(ann, 'ben', '--notify-cmd', command)
  await ben.must('send', 'ann', 'in the open chat')
  await window.holds('ben: in the open chat')
  await dan.must('send', 'ann', 'elsewhere')
  await window.holds('dan: elsewhere')
  await eventually(() => expect(existsSync(told) && readFileSync(told, 'utf8')).toBe('dan in @dan []\n'))
  expect(window.running.out()).toContain('\u0007')
  await ann.must('mute', 'dan', 'always')
  await dan.must('send', 'ann', 'muted one')
  await window.holds('dan: muted one')
  await quit(window)
  expect(readFileSync(told, 'utf8')).toBe('dan in @dan []\n')
})

test('messages of a blocked person in a group are one line', async () => {
  const eve = await Machine.of(stack.url, 'eve')
  await ann.must('group', 'create', 'Club', 'ben', 'eve')
  await eve.must('accept', 'Club')
  await ann.must('block', 'eve')
  for (const text of ['spam one', 'spam two', 'spam three']) await eve.must('send', '#Club', text)
  await ann.must('history', '#Club')
  const window = new Window(ann, { args: ['chat', '#Club'] })
  await window.holds('3 blocked messages')
  expect(window.text).not.toContain('spam')
  await quit(window)
})

test('every command is a slash command, and help names them all', async () => {
  const window = await openChat(ann, 'ben')
  window.press('/whoami\r')
  await eventually(() => expect(window.text).toMatch(/\nann/))
  window.press('/help device\r')
  await window.holds('There is no /device')
  window.press('/failed retry\r')
  await window.holds('/failed [retry N|discard N]')
  await quit(window)
})
