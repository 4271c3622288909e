// Run it as `node tests/upgrade/make-fixture.ts CHECKOUT`; see README.md.
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { eventually, startPostgres } from '@fastchat/testkit'
import sharp from 'sharp'
import { dumpDatabase } from './dump-database.ts'
import { type Fixture, fixtureFolder, type GroupMember, type OldHome } from './fixture.ts'
import { leaveUnanswered } from './leave-unanswered.ts'
import { type OldCheckout, oldCheckout } from './old-checkout.ts'

const password = 'correct horse battery staple'
/** The homes of the devices, and the user of each. */
const homes = { ann: 'ann', ben: 'ben', 'ben-phone': 'ben', cal: 'cal', dee: 'dee' }
const groupNames = ['Trip', 'Club', 'Band']
/**
 * The first message is only queued. The second is encrypted and was sent to a pod that never
 * answered.
 */
const queued = { home: 'ann', to: '@ben', text: 'Written without a server' }
const unanswered = { home: 'ben', to: '#Trip', text: 'Sent, and never answered' }

const checkout = resolve(process.argv[2] ?? '')
const work = mkdtempSync(join(tmpdir(), 'fastchat-fixture-'))
chmodSync(work, 0o755) // PostgreSQL may run as another account
const places = { dataDir: join(work, 'data'), homes: join(work, 'homes'), password }
mkdirSync(places.homes)

const old = await oldCheckout(checkout, places)
const installation = await old.start()
const picture = await talk(old)
const groups: Record<string, readonly GroupMember[]> = {}
for (const name of groupNames) {
  const lines = await old.fastchat('ann', 'group', 'members', name)
  groups[name] = lines.map(({ username, role }) => ({ username: String(username), role: String(role) }))
}
await leaveUnanswered(old, unanswered)
// Leaving is the last thing that happens with a server, so no device has removed her yet.
await eventually(() => old.fastchat('dee', 'chats'), { timeoutMs: 60_000 }) // the pods are new
await old.fastchat('dee', 'group', 'leave', 'Band')
groups.Band = (groups.Band ?? []).filter(({ username }) => username !== 'dee')
await installation.stop(60_000)
await old.fastchat(queued.home, 'send', queued.to, queued.text, '--no-wait')

const shown: Record<string, OldHome> = {}
for (const [home, username] of Object.entries(homes)) shown[home] = { username, chats: await chatsOf(old, home) }
await store({ madeAt: Date.now(), password, homes: shown, groups, unsent: [queued, unanswered], picture })
rmSync(work, { recursive: true, force: true })

async function talk({ fastchat }: OldCheckout): Promise<Fixture['picture']> {
  for (const name of ['ann', 'ben', 'cal', 'dee']) await fastchat(name, 'signup', name)
  await fastchat('ann', 'send', 'ben', 'Hello Ben')
  await fastchat('ben', 'send', 'ann', 'Hello Ann')
  await fastchat('ann', 'group', 'create', 'Trip', 'ben', 'cal')
  await fastchat('ann', 'group', 'create', 'Club', 'ben', 'cal')
  await fastchat('ann', 'group', 'create', 'Band', 'ben', 'dee')
  await fastchat('ben', 'send', '#Trip', 'Where to?')
  await fastchat('ben-phone', 'login', 'ben')
  await fastchat('ann', 'send', '#Trip', 'To the sea')
  await fastchat('ben-phone', 'send', '#Trip', 'From my phone')
  await fastchat('ann', 'send', 'ben', 'Hello phone')
  await fastchat('ben-phone', 'history', '@ann')

  // Ben's phone is off from now on.
  const path = join(work, 'map.jpeg')
  await sharp({ create: { width: 64, height: 48, channels: 3, background: 'green' } })
    .jpeg()
    .toFile(path)
  const [sent] = await fastchat('ann', 'send', '#Trip', '--image', path, '--caption', 'The map')
  const [saved] = await fastchat('ben', 'save', String(sent?.id), work)
  const sha256 = createHash('sha256')
    .update(readFileSync(String(saved?.path)))
    .digest('hex')
  await fastchat('cal', 'send', '#Trip', 'I bring the boat')
  await fastchat('cal', 'send', '#Club', 'Thank you')
  await fastchat('ann', 'group', 'remove', 'Club', 'cal')
  await fastchat('ben', 'send', '#Club', 'Without Cal')
  await fastchat('ann', 'send', '#Club', 'It is quiet here')
  await fastchat('dee', 'send', '#Band', 'I play the drums')
  await fastchat('ben', 'send', '#Band', 'I sing')
  await fastchat('ben', 'send', 'ann', 'See you there')
  for (const home of ['ann', 'ben', 'cal', 'dee']) await fastchat(home, 'chats')
  return { chat: '#Trip', id: String(sent?.id), sha256 }
}

async function chatsOf({ fastchat }: OldCheckout, home: string): Promise<OldHome['chats']> {
  const chats: Record<string, OldHome['chats'][string]> = {}
  for (const { kind, name } of await fastchat(home, 'chats', '--offline')) {
    const to = `${kind === 'direct' ? '@' : '#'}${name}`
    chats[to] = await fastchat(home, 'history', to, '--offline', '-n', '500')
  }
  return chats
}

async function store(fixture: Fixture): Promise<void> {
  rmSync(fixtureFolder, { recursive: true, force: true })
  mkdirSync(fixtureFolder)
  writeFileSync(join(fixtureFolder, 'fixture.json'), `${JSON.stringify(fixture, null, 2)}\n`)
  cpSync(join(places.dataDir, 'secrets'), join(fixtureFolder, 'secrets'), { recursive: true })
  cpSync(places.homes, join(fixtureFolder, 'homes'), {
    recursive: true,
    filter: (path) => !['lock', 'agent.sock', '.cache'].includes(basename(path)),
  })
  const postgres = await startPostgres({ dataDir: join(places.dataDir, 'postgres') })
  const sql = await dumpDatabase(postgres.url, checkout).finally(() => postgres.stop())
  writeFileSync(join(fixtureFolder, 'database.sql.gz'), gzipSync(sql, { level: 9 }))
}
