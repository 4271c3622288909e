import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { startOwnedProcess } from './owned-process.ts'
import { type PostgresAccount, postgresAccount } from './postgres-account.ts'
import { readableCopy } from './readable-copy.ts'

const run = promisify(execFile)
const stranger = 12_345

const temporary = await mkdtemp(join(tmpdir(), 'fastchat-copy-'))
await chmod(temporary, 0o755)
afterAll(() => rm(temporary, { recursive: true, force: true }))

/** Only root can change accounts, so only root needs a copy. */
describe.runIf(process.getuid?.() === 0)('a copy of programs that only root may read', () => {
  let account: PostgresAccount
  let source: string
  let place: string

  beforeEach(async () => {
    account = await postgresAccount()
    source = await mkdtemp(join(temporary, 'private-'))
    await mkdir(join(source, 'bin'), { mode: 0o700 })
    await mkdir(join(source, 'share'), { mode: 0o700 })
    const program = '#!/bin/sh\ncat "$(dirname "$0")/../share/link"\n'
    await writeFile(join(source, 'bin', 'postgres'), program, { mode: 0o700 })
    await writeFile(join(source, 'share', 'words'), 'it runs', { mode: 0o600 })
    await symlink('words', join(source, 'share', 'link'))
    place = await newPlace()
  })

  async function newPlace(): Promise<string> {
    const made = await mkdtemp(join(temporary, 'place-'))
    await chmod(made, 0o755)
    return made
  }

  const copied = (...places: string[]) => readableCopy(source, account, places)

  async function output(copy: string): Promise<string> {
    const { command, args, uid, gid } = account.command(join(copy, 'bin', 'postgres'), [])
    return (await run(command, args, { cwd: '/', uid: uid!, gid: gid! })).stdout
  }

  test('it runs as the account, is used again, and is separate for each content', async () => {
    const copy = await copied(place)
    expect(await output(copy)).toBe('it runs')
    const { ino } = await stat(copy)
    expect(await copied(place)).toBe(copy)
    expect((await stat(copy)).ino).toBe(ino)
    await writeFile(join(source, 'share', 'words'), 'it runs on')
    const next = await copied(place)
    expect(await output(next)).toBe('it runs on')
    expect(await output(copy)).toBe('it runs')
  })

  test('starts at the same time make one copy', async () => {
    const copies = await Promise.all([copied(place), copied(place), copied(place)])
    expect(new Set(copies).size).toBe(1)
    expect(await readdir(dirname(copies[0]!))).toEqual([basename(copies[0]!)])
  })

  test('a damaged copy is not used, and stays for a server that may run from it', async () => {
    const copy = await copied(place)
    await rm(join(copy, 'share', 'words'))
    const second = await copied(place)
    expect(second).not.toBe(copy)
    expect(await output(second)).toBe('it runs')
    await chmod(join(second, 'share'), 0o700)
    const third = await copied(place)
    expect(await output(third)).toBe('it runs')
    expect(await readdir(dirname(copy))).toHaveLength(3)
  })

  test('a copy that another account may have changed is not used', async () => {
    const good = await newPlace()
    const planted = await readableCopy(source, account, [place])
    const parent = dirname(planted)
    const isPassedOver = async () => expect(dirname(await copied(place, good))).toBe(join(good, 'fastchat-postgres'))

    await chown(parent, stranger, stranger)
    await isPassedOver()
    await chown(parent, 0, 0)
    await chmod(parent, 0o775)
    await isPassedOver()
    await chmod(parent, 0o755)
    expect(await copied(place, good)).toBe(planted)
    await chmod(place, 0o777) // any account could swap it
    await isPassedOver()
    await chmod(place, 0o1777)
    expect(await copied(place, good)).toBe(planted)
    await chown(place, stranger, stranger)
    await isPassedOver()
    await chown(place, 0, 0)
    await chown(planted, stranger, stranger)
    expect(await copied(place, good)).not.toBe(planted)

    const linked = await newPlace()
    await symlink(parent, join(linked, 'fastchat-postgres'))
    expect(dirname(await copied(linked, good))).toBe(join(good, 'fastchat-postgres'))
  })

  test('a folder that the account cannot reach, or that does not exist, is skipped', async () => {
    const closed = await newPlace()
    await chmod(closed, 0o700)
    expect(await output(await copied(join(temporary, 'missing'), closed, place))).toBe('it runs')
  })

  test('a folder from which programs cannot run, such as one mounted noexec, is skipped', async () => {
    const idle = join(temporary, 'idle')
    await mkdir(idle)
    const program = '#!/bin/sh\ncase "$0" in */idle/*) exit 126; esac\n'
    await writeFile(join(source, 'bin', 'postgres'), program)
    expect(dirname(await copied(idle, place))).toBe(join(place, 'fastchat-postgres'))
  })

  test('a copy is needed when the account cannot read a program or enter a folder above it', async () => {
    const copy = await copied(place)
    expect(await account.canRead(copy)).toBe(true)
    await chmod(place, 0o700)
    expect(await account.canRead(copy)).toBe(false)
    await chmod(place, 0o755)
    await chmod(join(copy, 'share', 'words'), 0o600)
    expect(await account.canRead(copy)).toBe(false)
  })

  test('when no folder is usable, one line says why and what to do', async () => {
    await expect(copied('/proc')).rejects.toThrow(
      /^the "postgres" account can't enter .*private-.*, and a copy can't be made \(\/proc: .*\): move the checkout out of a private folder, run as an ordinary user, or set DATABASE_URL$/,
    )
  })

  test('a copy unused for months is removed unless a server runs from it', async () => {
    const parent = dirname(await copied(place))
    const [idle, busy] = [join(parent, 'idle'), join(parent, 'busy')]
    const longAgo = new Date('2001-01-01')
    for (const path of [idle, busy]) {
      await mkdir(path)
      await utimes(path, longAgo, longAgo)
    }
    const args = ['-e', 'setInterval(() => undefined, 60_000)', busy]
    const server = await startOwnedProcess({ name: 'server', command: process.execPath, args })
    const used = basename(await copied(place))
    expect((await readdir(parent)).sort()).toEqual([used, 'busy'].sort())
    await utimes(join(parent, used), longAgo, longAgo)
    expect(await output(await copied(place))).toBe('it runs') // a start counts as use
    await server.stop()
  })
})
