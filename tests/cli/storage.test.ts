/**
 * Tests full disks, missing rights, wrong kinds of files, and signals: the messages, and the end of
 * a process.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
let ann: Machine
let ben: Machine
beforeAll(async () => {
  stack = await Stack.start({ pods: 1 })
  ann = await Machine.of(stack.url, 'ann')
  ben = await Machine.of(stack.url, 'ben')
  await ann.must('send', 'ben', 'first')
  await ben.must('accept', 'ann')
  await ben.must('history', 'ann')
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

/**
 * The words that no message about a disk may have: names of internal parts, codes, and a wrong
 * cause.
 */
const raw = /rollback|SQLITE|disk I\/O|busy|\bE[A-Z]{3,}\b/

/** Limits the size of the files that a process may write. The limit can be lifted again. */
const limitFiles = (pid: number | undefined, bytes: number | 'unlimited') =>
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`])

test('tail says that nothing can be written, goes on, and shows the message once there is space', async () => {
  const tailing = ben.start(['tail', 'ann', '--count', '2'])
  await ann.must('send', 'ben', 'there is space')
  await tailing.shows('there is space')
  limitFiles(tailing.child.pid, 0)
  await ann.must('send', 'ben', 'for a full disk')
  await tailing.shows(`Files in ${ben.home} could not be written`)
  expect(tailing.out()).not.toContain('for a full disk')
  limitFiles(tailing.child.pid, 'unlimited')
  const { code, out, err } = await tailing.ended
  expect([code, out]).toEqual([0, expect.stringContaining('ann: for a full disk')])
  expect(err).not.toMatch(raw)
})

test('a send that cannot be stored on this device says so, and sends nothing', async () => {
  const tailing = ann.keep('tail')
  await ben.must('send', 'ann', 'hello')
  await tailing.shows('hello')
  limitFiles(tailing.child.pid, 0)
  const { code, err } = await ann.run('send', 'ben', 'not kept')
  expect([code, err]).toEqual([1, expect.stringContaining(`Files in ${ann.home} could not be written`)])
  expect(err).not.toMatch(raw)
  limitFiles(tailing.child.pid, 'unlimited')
  await ann.must('send', 'ben', 'kept')
  expect((await ben.texts('ann')).slice(-1)).toEqual(['kept'])
  tailing.child.kill('SIGTERM')
  await tailing.ended
})

test('a home that cannot be made or used is named, with what to do, and is not called in use', async () => {
  const file = join(ann.folder, 'file')
  writeFileSync(file, '')
  for (const home of [file, join(file, 'home')]) {
    const { code, err } = await ann.runWith({ FASTCHAT_HOME: home }, 'whoami')
    expect([code, err]).toEqual([1, expect.stringContaining(`${home} is not a folder`)])
    expect(err).not.toMatch(raw)
  }
  const odd = join(ann.folder, 'odd')
  for (const name of ['lock', 'store.db', 'store.key']) {
    mkdirSync(odd)
    execFileSync('mkfifo', [join(odd, name)])
    if (name !== 'store.key') writeFileSync(join(odd, 'store.key'), new Uint8Array(32))
    const { code, err } = await ann.runWith({ FASTCHAT_HOME: odd }, 'whoami')
    expect([name, code, err]).toEqual([name, 1, expect.stringContaining('is not a regular file')])
    rmSync(odd, { recursive: true })
  }
})

test('a folder that this user may not write to is named, with what to do', async () => {
  const closed = join(ann.folder, 'closed')
  const home = join(closed, 'home')
  mkdirSync(home, { recursive: true })
  // For root, another user owns the folder. For other users, the folder is read-only.
  const close = (path: string) => (process.getuid?.() === 0 ? chownSync(path, 65_534, 65_534) : chmodSync(path, 0o555))
  close(closed)
  const other = join(closed, 'other')
  const words = (place: string) =>
    `You may not read and write ${place}. Change its owner or its rights, or set FASTCHAT_HOME to another folder\n`
  const signup = await ann.runBoundByRights({ FASTCHAT_HOME: other }, 'signup', 'zoe')
  // The new home has no folder yet: the folder above it is the one without rights.
  expect([signup.code, signup.err]).toEqual([1, words(closed)])
  close(home)
  for (const command of [['whoami'], ['send', 'ben', 'x'], ['login', 'ann']]) {
    const { code, err } = await ann.runBoundByRights({ FASTCHAT_HOME: home }, ...command)
    expect([command, code, err]).toEqual([command, 1, words(home)])
  }
  const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  writeFileSync(join(ann.folder, 'dot.png'), picture)
  const [sent] = (await ann.must('send', 'ben', '--image', 'dot.png', '--json')).objects
  const saved = await ann.runBoundByRights({}, 'save', String(sent?.id), closed)
  expect([saved.code, saved.err]).toEqual([1, expect.stringContaining(`You may not use ${closed}. Change its rights`)])
  if (process.getuid?.() !== 0) for (const path of [closed, home]) chmodSync(path, 0o755)
})

/** Mounts a disk of 2 MiB. Returns false where this user may not mount. */
function mountSmallDisk(folder: string): boolean {
  mkdirSync(folder)
  return spawnSync('sh', ['-c', `mount -t tmpfs -o size=2m tmpfs '${folder}'`]).status === 0
}

/** Writes into a file until the disk is full. */
function fillDisk(file: string): void {
  try {
    for (;;) appendFileSync(file, new Uint8Array(1024))
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  }
}

test('on a full disk a send says so and keeps nothing; with space it works again', async () => {
  const disk = join(ann.folder, 'disk')
  const isMounted = mountSmallDisk(disk)
  const cid = new Machine(stack.url, { FASTCHAT_HOME: join(disk, 'home') })
  try {
    await cid.must('signup', 'cid')
    await cid.must('send', 'ben', 'with space')
    const filler = join(disk, 'filler')
    // Where no disk can be mounted, a limit of file sizes stands in for it.
    if (isMounted) fillDisk(filler)
    const full = isMounted
      ? await cid.run('send', 'ben', 'not kept')
      : await cid.inShell('ulimit -f 0; exec "$@"', ['send', 'ben', 'not kept']).ended
    const words = isMounted ? `No space left in ${disk}` : 'could not be written'
    expect([full.code, full.err]).toEqual([1, expect.stringContaining(words)])
    expect(full.err).not.toMatch(raw)
    rmSync(filler, { force: true })
    await cid.must('send', 'ben', 'with space again')
    expect(await ben.texts('cid')).toEqual(['with space', 'with space again'])
  } finally {
    if (isMounted) spawnSync('sh', ['-c', `umount -l '${disk}'`])
  }
})

test.each(['--image', '--original'])('a pipe in place of a picture is rejected at once (%s)', async (option) => {
  const pipe = join(ann.folder, `pipe${option}`)
  execFileSync('mkfifo', [pipe])
  const { code, err } = await ann.run('send', 'ben', '--image', pipe, ...(option === '--image' ? [] : [option]))
  expect([code, err]).toEqual([64, expect.stringContaining('is not a regular file but a pipe or a device')])
})

test('a missing picture and a folder are told without codes of the system', async () => {
  const missing = await ann.run('send', 'ben', '--image', 'missing.jpg')
  expect([missing.code, missing.err]).toEqual([64, expect.stringContaining('There is no file')])
  const folder = await ann.run('send', 'ben', '--image', '.')
  expect([folder.code, folder.err]).toEqual([64, expect.stringContaining('is a folder')])
  expect(missing.err + folder.err).not.toMatch(raw)
})

test('a full output is told, and ends with 1', async () => {
  const { code, err } = await ann.inShell('"$@" > /dev/full', ['chats', '--offline']).ended
  expect([code, err]).toEqual([1, expect.stringContaining('No space left for the output')])
})
test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends a command that waits', async (signal) => {
  const tailing = ben.start(['tail'])
  await ann.must('send', 'ben', `before ${signal}`)
  await tailing.shows(`before ${signal}`)
  tailing.child.kill(signal)
  expect((await tailing.ended).code).toBe(130)
})
