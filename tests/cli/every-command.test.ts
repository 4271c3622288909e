/** All commands of the registry, through `fastchat api`. The README describes what they print. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '@fastchat/testkit'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isForPrograms } from '../../apps/cli/src/registry/command.ts'
import { commands } from '../../apps/cli/src/registry/commands.ts'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

type Result = Readonly<Record<string, unknown>>
type Line = { readonly id: number | null; readonly result?: Result; readonly exit?: number; readonly error?: Result }

/** Types that `json` in the README describes, each with the text about its fields. */
function documentedTypes(): Map<string, string> {
  const page = readFileSync(join(import.meta.dirname, '../../apps/cli/README.md'), 'utf8').split('## JSON')[1] ?? ''
  const [lines = '', others = ''] = page.split('Everything else has one of these types')
  const rows = others.split('\n').flatMap((row) => {
    const [, names, fields] = /^\| (`[^|]*`) \| (.*) \|$/.exec(row) ?? []
    return names && fields ? [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => [name, fields] as const) : []
  })
  return new Map([...rows, ...['message', 'system', 'gap'].map((name) => [name, lines] as const)])
}

/** One `fastchat api`, which runs commands one after the other. */
class Api {
  readonly #machine: Machine
  readonly #running: ReturnType<Machine['keep']>
  readonly ran = new Set<string>()
  readonly results: Result[] = []
  #id = 0

  constructor(machine: Machine) {
    this.#machine = machine
    this.#running = machine.keep('api')
  }

  get machine(): Machine {
    return this.#machine
  }

  get #lines(): Line[] {
    return this.#running
      .out()
      .split('\n')
      .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []))
  }

  ask(command: string, args: object): number {
    this.ran.add(command)
    this.#running.type(JSON.stringify({ id: ++this.#id, command, args }))
    return this.#id
  }

  async ended(id: number): Promise<{ readonly exit: Line; readonly results: readonly Result[] }> {
    const own = () => this.#lines.filter((line) => line.id === id)
    const exit = await eventually(
      () => {
        const last = own().find(({ exit }) => exit !== undefined)
        if (!last) throw new Error(`request ${id} has not ended`)
        return last
      },
      { timeoutMs: 60_000 },
    )
    const results = own().flatMap(({ result }) => (result ? [result] : []))
    this.results.push(...results)
    return { exit, results }
  }

  /** Runs a command that succeeds. Returns the last object that it printed. */
  async does(command: string, args: object = {}): Promise<Result> {
    const { exit, results } = await this.ended(this.ask(command, args))
    expect({ command, ...exit }).toMatchObject({ command, exit: 0 })
    return results.at(-1) ?? {}
  }

  /** Runs a command that is refused with a code. */
  async refuses(code: string, command: string, args: object = {}): Promise<void> {
    const { exit } = await this.ended(this.ask(command, args))
    expect({ command, ...exit }).toMatchObject({ command, error: { type: 'error', code, message: expect.any(String) } })
  }
}

test('each command runs through one api, and prints only objects and fields that the README describes', async () => {
  const nextPassword = 'another horse, another battery'
  const ann = new Api(new Machine(stack.url, { FASTCHAT_NEW_PASSWORD: nextPassword }))
  const { recoveryKey } = await ann.does('signup', { name: 'ann' })
  const [ben, cat] = [await Machine.of(stack.url, 'ben'), await Machine.of(stack.url, 'cat')]
  await accountCommands(ann)
  await messageCommands(ann, ben)
  await chatCommands(ann, cat)
  await groupCommands(ann)
  await endCommands(ann, String(recoveryKey))

  const names = commands.filter(isForPrograms).map(({ words }) => words.join(' '))
  expect([...ann.ran].toSorted()).toEqual(names.toSorted())
  const documented = documentedTypes()
  const unknown = new Set<string>()
  for (const result of ann.results) {
    const fields = documented.get(String(result.type))
    if (fields === undefined) unknown.add(String(result.type))
    else
      for (const name of Object.keys(result))
        if (name !== 'type' && !fields.includes(`\`${name}\``)) unknown.add(`${result.type}.${name}`)
  }
  expect([...unknown]).toEqual([])
})

async function accountCommands(ann: Api): Promise<void> {
  await ann.does('whoami')
  await ann.does('devices')
  await ann.does('devices rename', { device: '1', name: 'Desk' })
  await ann.does('users', { query: 'be' })
  await ann.does('profile', { name: 'Ann' })
  await ann.does('privacy')
  await ann.does('recovery status')
  await ann.does('sessions')
  await ann.does('sessions end')
  await ann.does('backup', { action: 'now' })
}

async function messageCommands(ann: Api, ben: Machine): Promise<void> {
  const { id } = await ann.does('send', { to: 'ben', text: 'hello' })
  await ann.does('receipts', { message: id })
  await ann.does('reply', { message: id, text: 'again' })
  await ann.does('edit', { message: id, text: 'hello, Ben' })
  await ann.does('react', { message: id, emoji: '👍' })
  await ann.does('forward', { message: id, to: 'cat' })
  await ann.does('pin', { message: id })
  await ann.does('pins', { to: 'ben' })
  await ann.does('unpin', { message: id })
  await ann.does('history', { to: 'ben', lines: 10, versions: true })
  await ann.does('jump', { message: id })
  await ann.does('search', { words: ['hello'] })
  await ann.does('timer', { to: 'ben', time: '1d' })
  await ann.does('delete', { message: id, everyone: true })
  const picture = join(ann.machine.folder, 'dot.png')
  writeFileSync(
    picture,
    await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
      .png()
      .toBuffer(),
  )
  const sent = await ann.does('send', { to: 'ben', image: [picture] })
  await ann.does('view', { message: sent.id })
  await ann.does('save', { messageId: sent.id, dir: ann.machine.folder })
  await ann.does('failed')
  await ann.refuses('unknown_message', 'failed retry', { message: sent.id })
  await ann.refuses('unknown_message', 'failed discard', { message: sent.id })
  await ann.does('cancel')
  const tail = ann.ask('tail', { signals: true })
  await ben.must('send', 'ann', 'hello, Ann')
  await ann.does('who', { to: 'ben' })
  await ann.does('cancel', { request: tail })
  await ann.ended(tail)
}

async function chatCommands(ann: Api, cat: Machine): Promise<void> {
  await ann.does('chats')
  for (const [command, args] of [
    ['mute', { for: '1h' }],
    ['archive', {}],
    ['unarchive', {}],
    ['pin-chat', {}],
    ['unpin-chat', {}],
    ['draft', { text: 'later' }],
  ] as const)
    await ann.does(command, { to: 'ben', ...args })
  await ann.does('verify', { user: 'ben' })
  const dan = await Machine.of(stack.url, 'dan')
  await dan.must('send', 'ann', 'a request')
  await eventually(async () => expect(await ann.does('requests')).toMatchObject({ from: 'dan' }))
  await ann.does('accept', { to: 'dan' })
  await ann.does('block', { user: 'cat' })
  await ann.does('blocked')
  await ann.does('unblock', { user: 'cat' })
  await ann.does('export', { dir: join(ann.machine.folder, 'export') })
  await cat.must('chats')
}

async function groupCommands(ann: Api): Promise<void> {
  const name = 'trip'
  await ann.does('group create', { name, users: ['ben'] })
  await ann.does('send', { to: '#trip', text: 'welcome' })
  await ann.does('group add', { name, users: ['cat', 'dan'] })
  await ann.does('group share', { name, count: 25, users: ['cat'] })
  await ann.does('group promote', { name, user: 'cat' })
  await ann.does('group demote', { name, user: 'cat' })
  await ann.does('group topic', { name, topic: 'Where to' })
  await ann.does('group picture', { name, path: join(ann.machine.folder, 'dot.png') })
  await ann.does('group rules', { name, add: 'everybody' })
  await ann.does('group members', { name })
  await ann.does('group members', { name, check: true })
  await ann.does('group list')
  await ann.does('group remove', { name, users: ['dan'], ban: true })
  await ann.does('group bans', { name })
  await ann.does('group unban', { name, users: ['dan'] })
  await ann.does('group readd', { name, user: 'cat' })
  await ann.refuses('admin_present', 'group elect', { name })
  await ann.does('group rename', { name, to: 'journey' })
  await ann.does('group transfer', { name: 'journey', user: 'ben' })
  await ann.does('group leave', { name: 'journey' })
  await ann.does('forget', { to: 'journey' })
  // Only the interactive client waits for a change of mind.
  await ann.refuses('nothing_to_undo', 'forget', { undo: true })
}

/** The commands that end something: devices, the session, and the account. */
async function endCommands(ann: Api, recoveryKey: string): Promise<void> {
  const second = new Machine(stack.url)
  await second.must('login', 'ann')
  await ann.does('devices rm', { device: '2' })
  await ann.refuses('unknown_device', 'devices revoke', { device: '2' })
  await ann.does('passwd')
  const reset = new Api(
    new Machine(stack.url, {
      FASTCHAT_RECOVERY_KEY: recoveryKey,
      FASTCHAT_NEW_PASSWORD: 'correct horse battery staple',
    }),
  )
  await reset.does('recovery reset', { name: 'ann' })
  await reset.does('login', { name: 'ann' })
  await reset.does('recovery check')
  await reset.does('recovery new')
  await reset.does('account delete')
  await reset.does('logout')
  await reset.does('login', { name: 'ann' })
  await reset.does('account delete', { yesIAm: 'ann' })
  for (const command of reset.ran) ann.ran.add(command)
  ann.results.push(...reset.results)
}
