import { randomBytes } from 'node:crypto'
import { downloadFile, uploadFile } from '@fastchat/client'
import { eventually, type LocalPgBouncer, startPgBouncer } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runAdmin } from '../admin/run-admin.ts'
import { runMigrations } from '../support/own-postgres.ts'
import { Person, password } from '../support/person.ts'
import { type Role, type RolesPostgres, startPostgresWithRoles } from '../support/roles.ts'
import { Stack } from '../support/stack.ts'

/** The time until pods have cleaned up: at most a minute and a half after their start. */
const cleanedTimeoutMs = 150_000

let postgres: RolesPostgres
let bouncer: LocalPgBouncer
let stack: Stack
beforeAll(async () => {
  postgres = await startPostgresWithRoles()
  const users = { fastchat_chat: 'of-chat' }
  bouncer = await startPgBouncer({ databaseUrl: postgres.url, users, poolSize: 4, log: console.log })
  const pooledUrl = new URL(postgres.urlOf('chat'))
  pooledUrl.port = String(bouncer.port)
  pooledUrl.search = '?pgbouncer=true'
  stack = await Stack.start({
    databaseUrl: postgres.url,
    reroute: async (from, to, url) => {
      if (to !== 'postgres') return url
      return from === 'auth' ? postgres.urlOf('auth') : pooledUrl.href
    },
  })
})
afterAll(async () => {
  await stack?.stop()
  await bouncer.stop()
  await postgres.stop()
})

/** Returns the denied permissions in PostgreSQL's log. */
const denials = async () => (await postgres.log()).match(/.*permission denied.*/g) ?? []

/** Runs a command of the operator, which must succeed, and returns its output. */
async function admin(...args: string[]) {
  const ran = await runAdmin({ DATABASE_URL: postgres.urlOf('admin') }, ...args, '--json')
  expect(ran, args.join(' ')).toMatchObject({ code: 0 })
  return ran.rows
}

let alice: Person
let bob: Person
let group: Awaited<ReturnType<Person['queue']>>['conversation']

test('with services that have only their own roles, people sign up, talk, join, leave and send files', async () => {
  for (const role of ['auth', 'chat'] as const)
    expect(await runMigrations('wait', { DATABASE_URL: postgres.urlOf(role) })).toEqual({ code: 0, output: '' })
  await admin('signup', 'invite')
  const [invite] = await admin('invites', 'create')
  expect(await admin('invites', 'list')).toMatchObject([{ id: invite?.id }])
  await admin('invites', 'revoke', String(invite?.id))
  await admin('signup', 'open')
  alice = await Person.signUp(stack.url, 'alice', { pod: stack.pod(0) })
  bob = await Person.signUp(stack.url, 'bob', { pod: stack.pod(1) })
  const carol = await Person.signUp(stack.url, 'carol', { pod: stack.pod(1) })
  await alice.send(bob, 'hello bob')
  await bob.sees('hello bob')
  group = (await alice.client.createGroup('Trips', [bob.id])).id
  await alice.client.addMembers(group, [carol.id])
  await alice.send(group, 'hello carol')
  await carol.sees('hello carol')
  await carol.send(group, 'hello all')
  await Promise.all([alice.sees('hello all'), bob.sees('hello all')])

  await admin('users', 'quota', 'alice', '10MiB')
  const bytes = new Uint8Array(randomBytes(300_000))
  const file = await uploadFile(alice.client.api, { bytes, name: 'photo.jpg', mime: 'image/jpeg' })
  const message = alice.client.newId()
  const { outbox } = alice.client.conversation(group)
  await outbox.queue(message, { v: 1, kind: 'image', file, width: 10, height: 10 }, [file.attachment])
  await outbox.whenStored(message)
  await eventually(() => expect(bob.shown.some(({ payload }) => payload?.kind === 'image')).toBe(true))
  expect(await downloadFile(bob.client.api, file)).toEqual(bytes)

  await carol.client.conversation(group).leave(carol.client.newId())
  await bob.send(group, 'without carol')
  await alice.sees('without carol')
  await carol.offline()
  const second = await Person.logIn(stack.url, 'bob', { pod: stack.pod(0) })
  await alice.send(bob, 'to both machines')
  await second.sees('to both machines')
  await second.offline()
  await second.accessToken()
  await bob.client.revokeDevice(second.client.identity.deviceId, password)
  await alice.send(bob, 'to one machine again')
  await bob.sees('to one machine again')
  expect(await denials()).toEqual([])
})

test('old messages, unsent uploads and old feed rows are deleted, and every operator command works', async () => {
  await uploadFile(alice.client.api, { bytes: new Uint8Array(100), name: 'unsent', mime: 'text/plain' })
  await stack.sql("update append_feed set at = at - interval '2 hours'")
  await stack.sql("update attachment set created_at = created_at - interval '2 days' where seq is null")
  await stack.sql("update message set created_at = created_at - interval '50 days'")
  expect(await admin('users', 'list')).toMatchObject([{ name: 'alice' }, { name: 'bob' }, { name: 'carol' }])
  expect(await admin('users', 'show', 'alice')).toMatchObject([{ name: 'alice', quota: 10 * 2 ** 20 }])
  await admin('users', 'disable', 'carol')
  await admin('users', 'enable', 'carol')
  await admin('users', 'delete', 'carol', '--yes')
  expect(await admin('stats')).toMatchObject([{ users: 2, usersDeleted: 1, signup: 'open' }])
  await admin('retention', 'show')
  await eventually(
    async () =>
      expect(
        await stack.sql(`select 'feed' as left from append_feed where at < now() - interval '1 hour' union all
          select 'attachment' from attachment where seq is null union all
          select 'message' from message where kind = 0 and created_at < now() - interval '45 days'`),
      ).toEqual([]),
    { timeoutMs: cleanedTimeoutMs, everyMs: 500 },
  )
  await alice.send(bob, 'old soon')
  await stack.sql("update message set created_at = created_at - interval '50 days'")
  await admin('retention', 'run')

  const tooSoon = await runAdmin({ DATABASE_URL: postgres.urlOf('admin') }, 'after-restore', '--yes', '--json')
  expect(tooSoon.rows).toMatchObject([{ error: { code: 'services_running' } }])
  const services = ['auth', 'chat-0', 'chat-1']
  await Promise.all(services.map((name) => stack.end(name)))
  // pgbouncer keeps their connections open for a while.
  await admin('after-restore', '--yes', '--force')
  for (const name of services) await stack.bringUp(name)
  await alice.send(bob, 'after the restore')
  await bob.sees('after the restore')
  expect(await denials()).toEqual([])
  await Promise.all([alice.offline(), bob.offline()])
}, 240_000)

const revokeSomebody = 'select revoke_device(gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), $$$$, 1)'

test.each<[Role, readonly string[]]>([
  [
    'auth',
    [
      'select envelope from message',
      'select from message_0',
      'select body from welcome',
      'select body from group_info',
      'select body from group_info_past',
      'select body from attachment_chunk',
      'select from member',
      'select from append_feed',
      'update "user" set username = $$x$$',
      'delete from "user"',
      'delete from account_state',
      'delete from own_record',
      'update device set signature_key = $$x$$',
      'update installation set signup = $$open$$',
      'select retire_entries(0, interval $$1 day$$, interval $$1 day$$, 1, 1)',
    ],
  ],
  [
    'chat',
    [
      'select password_hash from "user"',
      'select username from "user"',
      'select body from vault',
      'select version from account_state',
      'select version from own_record',
      'select records from own_record_head',
      'select hash from refresh_token',
      'select body from key_package',
      'select from invite',
      'insert into "user" (username) values ($$x$$)',
      'insert into device (name) values ($$x$$)',
      'update device set signature_key = $$x$$',
      'update refresh_token set revoked_at = null',
      'update message set envelope = $$x$$',
      'update group_info_past set body = $$x$$',
      'delete from group_info_past',
      'update installation set db_epoch = gen_random_uuid()',
      revokeSomebody,
    ],
  ],
  [
    'admin',
    [
      'select password_hash from "user"',
      'select body from vault',
      'select version from account_state',
      'select version from own_record',
      'select records from own_record_head',
      'select hash from refresh_token',
      'select body from attachment_chunk',
      'select body from group_info',
      'select body from group_info_past',
      'update "user" set password_hash = $$x$$',
      'update device set signature_key = $$x$$',
      'insert into message (seq) values (1)',
      revokeSomebody,
    ],
  ],
])('%s is denied what is not its business', async (role, statements) => {
  const structure = ['create table x ()', 'alter table message add x int', 'drop table message', 'truncate append_feed']
  const power = [
    'create role x',
    'set role fastchat_owner',
    'select untold_revocations(1)',
    'select pg_read_file($$x$$)',
  ]
  for (const statement of [...statements, ...structure, ...power])
    await expect(postgres.sql(statement, postgres.urlOf(role)), statement).rejects.toMatchObject({ code: '42501' })
})

test('grants.sql names every table and function, and none is public', async () => {
  const tables = await postgres.sql(
    `select c.relname as name from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and not exists (select from aclexplode(c.relacl) a where a.grantee::regrole::text ~ '^fastchat_(auth|chat)$')
       and not exists (select from pg_attribute t, aclexplode(t.attacl) a
         where t.attrelid = c.oid and a.grantee::regrole::text ~ '^fastchat_(auth|chat)$')`,
  )
  expect(tables).toEqual([])
  const functions = await postgres.sql(
    `select f.proname as name from pg_proc f where f.pronamespace = 'public'::regnamespace
       and not exists (select from aclexplode(f.proacl) a where a.grantee::regrole::text ~ '^fastchat_(auth|chat|admin)$')`,
  )
  // Only triggers, and functions with the rights of the owner, call them.
  expect(functions.map(({ name }) => name).toSorted()).toEqual([
    'forget_backup',
    'forget_recovery',
    'new_entry_id',
    'untold_revocations',
  ])
  const open = await postgres.sql(
    `select f.proname as name from pg_proc f, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
     where f.pronamespace = 'public'::regnamespace and a.grantee = 0
     union all
     select c.relname from pg_class c, aclexplode(c.relacl) a
     where c.relnamespace = 'public'::regnamespace and a.grantee = 0`,
  )
  expect(open).toEqual([])
})
