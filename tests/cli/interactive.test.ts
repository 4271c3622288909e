import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'
import { Window } from './window.ts'

let stack: Stack
let ann: Machine
let ben: Machine
beforeAll(async () => {
  stack = await Stack.start({ pods: 1 })
  ann = await Machine.of(stack.url, 'ann')
  ben = await Machine.of(stack.url, 'ben')
  await ann.must('send', 'ben', 'first')
  await ben.must('history', 'ann')
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

/** Opens a window on ann's home, with the chat with ben open. */
async function openChat(columns?: number): Promise<Window> {
  const window = new Window(ann, columns === undefined ? {} : { columns })
  await window.holds('/open NAME')
  window.press('/open ben\r')
  await window.holds('@ben>')
  return window
}

async function quit(window: Window): Promise<void> {
  window.press('\u0015/quit\r')
  expect((await window.running.ended).code).toBe(0)
}

/** Runs the interactive mode with this input from a pipe. */
async function piped(machine: Machine, input: string) {
  const running = machine.start([])
  running.child.stdin?.end(input)
  return await running.ended
}

test('a paste of many lines is one message, and its lines are not commands', async () => {
  const window = await openChat()
  window.paste('pasted one\r/quit\r/leave\r')
  window.press('\r')
  await window.holds('ann: pasted one')
  window.paste('/help me')
  await window.holds('@ben> //help me')
  window.press('\r')
  await window.holds('ann: /help me')
  window.press('/open ')
  window.paste('ben')
  window.press('\r')
  await window.holds('> /open ben', 2)
  await quit(window)
  expect((await ben.texts('ann')).slice(-2)).toEqual(['pasted one\n/quit\n/leave', '/help me'])
})

test('Ctrl-C works in a paste that never ends', async () => {
  const window = await openChat()
  window.press('\u001b[200~half\u0003typed')
  await window.holds('@ben> typed')
  await quit(window)
})

test('lines typed before the client is ready are done when it is', async () => {
  const window = new Window(ann)
  window.press('/open ben\rtyped early\r/qu')
  await window.holds('ann: typed early')
  await window.holds('@ben> /qu')
  await quit(window)
  expect((await ben.texts('ann')).at(-1)).toBe('typed early')
})

test('without input it shows the chats and ends, and piped lines are done before that', async () => {
  expect(await ann.run()).toMatchObject({ code: 0, err: '', out: expect.stringContaining('@ben') })
  const { code, err, out } = await piped(ann, '/open ben\npiped one\npiped two')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/ann: piped one\n.*ann: piped two\n$/)
  expect((await ben.texts('ann')).slice(-2)).toEqual(['piped one', 'piped two'])
})

test('a piped line that fails makes the exit code 1, and after a failed /open no line is sent', async () => {
  const { code, err } = await piped(ann, '/open ben\n/open nobody\nsecret\n')
  expect(code).toBe(1)
  expect(err).toContain('There is no user or group called nobody')
  expect(err).toContain('Open a chat first')
  expect(err).toContain('2 lines could not be done: see above')
  expect(await ben.texts('ann')).not.toContain('secret')
})

test('/quit waits for unsent messages, and says how many there are', async () => {
  const window = await openChat()
  const pod = stack.process('chat-0')
  pod.kill('SIGSTOP')
  window.press('held one\rheld two\r')
  await window.holds('[..] held two')
  window.press('/quit\r')
  await window.holds('Sending 2 messages')
  pod.kill('SIGCONT')
  expect((await window.running.ended).code).toBe(0)
  expect((await ben.texts('ann')).slice(-2)).toEqual(['held one', 'held two'])
})

test('without a pod it says how many messages stay queued, and ends with 1', async () => {
  const window = await openChat()
  await stack.end('chat-0')
  try {
    window.press('kept one\r')
    await window.holds('[..] kept one')
    window.press('\u0004')
    expect((await window.running.ended).code).toBe(1)
    await window.holds('1 message not sent yet: queued on this device')
    const { code, err } = await piped(ann, '/open ben\nkept two\n')
    expect(code).toBe(1)
    expect(err).toContain('2 messages not sent yet: queued on this device')
  } finally {
    await stack.bringUp('chat-0')
  }
  await ann.must('history', 'ben')
  expect((await ben.texts('ann')).slice(-2)).toEqual(['kept one', 'kept two'])
})

test('Ctrl-C while /quit waits leaves the unsent messages queued', async () => {
  const window = await openChat()
  const pod = stack.process('chat-0')
  pod.kill('SIGSTOP')
  try {
    window.press('left behind\r/quit\r')
    await window.holds('Sending 1 message')
    window.press('\u0003')
    await window.holds('1 message not sent yet')
  } finally {
    pod.kill('SIGCONT')
  }
  expect((await window.running.ended).code).toBe(1)
  await ann.must('history', 'ben')
  expect((await ben.texts('ann')).filter((text) => text === 'left behind')).toHaveLength(1)
})

test('no shown line is lost when messages come while a person types, or when the window is resized', async () => {
  const window = await openChat(60)
  const above = ['above one', 'above two', 'above three']
  for (const text of above) await ann.must('send', 'ben', text)
  for (const text of above) await window.holds(`ann: ${text}`)
  const typed = 'x'.repeat(130)
  window.press(typed)
  await eventually(() => expect(window.text.replaceAll('\n', '')).toContain(typed))
  await ben.must('send', 'ann', 'came meanwhile')
  await window.holds('ben: came meanwhile')
  let marks = ''
  for (const [columns, mark] of [
    [140, 'P'],
    [100, 'Q'],
    [160, 'R'],
  ] as const) {
    await window.resize(columns)
    marks += mark
    window.press(mark)
    await eventually(() => expect(window.text.replaceAll('\n', '')).toMatch(new RegExp(`${typed}${marks}$`)))
    for (const text of [...above, 'came meanwhile']) await window.holds(text)
  }
  await quit(window)
})

test('two terminals on one home show the same', async () => {
  const [one, two] = [await openChat(), await openChat()]
  one.press('typed in one\r')
  await two.holds('ann: typed in one')
  two.press('typed in two\r')
  await one.holds('ann: typed in two')
  await ben.must('send', 'ann', 'to both')
  for (const window of [one, two]) {
    await window.holds('ben: to both')
    for (const text of ['ann: typed in one', 'ann: typed in two']) expect(window.text.split(text)).toHaveLength(2)
  }
  const shown = (window: Window) =>
    window.text.split('\n').filter((line) => line.includes('typed in') || line.includes('to both'))
  expect(shown(one)).toEqual(shown(two))
  // The process that holds the home ends, and the other one goes on.
  await quit(one)
  two.press('after one\r')
  await two.holds('ann: after one')
  await quit(two)
  expect((await ben.texts('ann')).at(-1)).toBe('after one')
})

test.each(['Ctrl-Z', 'a signal'])(
  'stopped by %s, it gives the shell its terminal, and after fg it goes on with the line being typed',
  async (how) => {
    const window = new Window(ann, { inShell: true })
    const pidFile = join(ann.folder, `pid-${how.length}`)
    const modes = join(ann.folder, `modes-${how.length}`)
    window.press(`${ann.lineFor(pidFile)}\r`)
    await window.holds('/open NAME')
    window.press('/open ben\rhalf')
    await window.holds('@ben> half')
    expect(window.takesPastes).toBe(true)
    if (how === 'Ctrl-Z') window.press('\u001a')
    else process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTSTP')
    await eventually(() => expect(window.text).toContain('Stopped'))
    expect(window.takesPastes).toBe(false)
    window.press(`stty -a > ${modes}; echo told\r`)
    await eventually(() => expect(window.text).toMatch(/^told$/m))
    for (const mode of ['icanon', 'echo', 'isig'])
      expect(readFileSync(modes, 'utf8')).toMatch(new RegExp(`(^|\\s)${mode}\\b`))
    window.press('fg\r')
    await eventually(() => expect(window.text).toMatch(/\n@ben> half$/))
    expect(window.takesPastes).toBe(true)
    window.press(` stopped by ${how}\r`)
    await window.holds(`ann: half stopped by ${how}`)
    window.press('\u0004')
    await eventually(() => expect(window.text).toMatch(/\n\$$/))
    window.press('exit\r')
    expect((await window.running.ended).code).toBe(0)
  },
)

test('a change of the open group is told once, as a line of its chat', async () => {
  const window = new Window(ann)
  await window.holds('/open NAME')
  window.press('/group new Duo\r')
  await window.holds('#Duo>')
  expect(window.text).not.toContain('Created #Duo')
  window.press('/add ben\r')
  await window.holds('You added ben')
  window.press('/promote ben\r')
  await window.holds('You made ben an admin')
  window.press('/add ben\r')
  await window.holds('#Duo: ben is in it already')
  for (const told of ['added ben', 'promoted ben']) expect(window.text.split(told).length).toBeLessThanOrEqual(2)
  await quit(window)
})

test('Tab completes names that were made just now, and adds a space', async () => {
  const window = await openChat()
  await Machine.of(stack.url, 'newcomer')
  window.press('/op\tnewc\t')
  await window.holds('@ben> /open @newcomer')
  window.press('\r')
  await window.holds('@newcomer>')
  await ann.must('group', 'create', 'Road trip', 'ben')
  window.press('/open Road\t')
  await window.holds('@newcomer> /open "#Road trip"')
  window.press('\r')
  await window.holds('#Road trip>')
  await quit(window)
})
