import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { ClientError } from '../errors.ts'
import { openHome } from './home.ts'

const vaultKey = new Uint8Array(32).fill(7)
const newFolder = () => join(mkdtempSync(join(tmpdir(), 'fastchat-home-')), 'home')
const text = (value: string) => new TextEncoder().encode(value)

const umask = process.umask()
afterEach(() => void process.umask(umask))

test('a home and all its files are closed to other users, whatever the umask', async () => {
  process.umask(0)
  const home = openHome(newFolder())
  const letGo = home.lock()
  const store = home.unlock(vaultKey)
  await store.write([{ table: 'meta', key: 'a', value: text('one') }])
  expect(statSync(home.folder).mode & 0o777).toBe(0o700)
  const names = readdirSync(home.folder)
  expect(names).toEqual(expect.arrayContaining(['lock', 'store.db', 'store.db-wal', 'store.key', 'store.key.sealed']))
  for (const name of names) expect([name, statSync(join(home.folder, name)).mode & 0o777]).toEqual([name, 0o600])
  await store.close()
  letGo()
})

test('after logout only the password opens the store', async () => {
  const home = openHome(newFolder())
  const first = home.unlock(vaultKey)
  const key = readFileSync(join(home.folder, 'store.key'))
  await first.write([{ table: 'meta', key: 'a', value: text('one') }])
  await first.close()
  home.seal()

  expect(home.isOpen()).toBe(false)
  expect(() => home.openStore()).toThrow(ClientError)
  for (const name of readdirSync(home.folder)) expect(readFileSync(join(home.folder, name)).includes(key)).toBe(false)
  expect(() => home.unlock(new Uint8Array(32).fill(8))).toThrow(expect.objectContaining({ code: 'signed_in_already' }))
  expect(home.isOpen()).toBe(false)

  const again = home.unlock(vaultKey)
  expect(await again.get('meta', 'a')).toEqual(text('one'))
  await again.close()
})

test('one process at a time holds a home', () => {
  const home = openHome(newFolder())
  const letGo = home.lock()
  expect(() => openHome(home.folder).lock()).toThrow(expect.objectContaining({ code: 'store_locked' }))
  letGo()
  openHome(home.folder).lock()()
})

test('a device belongs to one server in any spelling, and this is checked before the password', async () => {
  const home = openHome(newFolder())
  home.expectServer('https://anywhere.example')
  home.bindTo('https://chat.example/')
  // A sign-up that did not end has made no device.
  home.expectServer('https://other.example')
  await home.unlock(vaultKey).close()
  home.seal()
  home.expectServer('HTTPS://Chat.Example:443')
  expect(() => home.expectServer('https://other.example')).toThrow(
    expect.objectContaining({
      code: 'another_server',
      message: 'This device belongs to https://chat.example, not to https://other.example',
    }),
  )
})

test('a home of a former version opens with the vault key once, and with the home key from then on', async () => {
  const home = openHome(newFolder())
  const homeKey = new Uint8Array(32).fill(9)
  const first = home.unlock(vaultKey)
  await first.write([{ table: 'meta', key: 'a', value: text('one') }])
  await first.close()
  home.seal()
  expect(() => home.unlock(homeKey)).toThrow(expect.objectContaining({ code: 'signed_in_already' }))
  await home.unlock(homeKey, vaultKey).close()
  home.seal()
  const again = home.unlock(homeKey, new Uint8Array(32).fill(1))
  expect(await again.get('meta', 'a')).toEqual(text('one'))
  await again.close()
})

test('a home that an old version closed before the password was changed says what to do', async () => {
  const home = openHome(newFolder())
  await home.unlock(vaultKey).close()
  home.seal()
  const login = () => home.unlock(new Uint8Array(32).fill(9), new Uint8Array(32).fill(1))
  expect(login).toThrow(/logged it out before the password was changed.*Use another home/)
  expect(home.isOpen()).toBe(false)
})

test('an open home is sealed under the home key, and opens after another password was set elsewhere', async () => {
  const home = openHome(newFolder())
  const homeKey = new Uint8Array(32).fill(9)
  await home.unlock(vaultKey).close()
  home.reseal(homeKey)
  home.seal()
  expect(() => home.unlock(vaultKey)).toThrow(expect.objectContaining({ code: 'signed_in_already' }))
  await home.unlock(homeKey).close()
})

test('an erased home holds nothing, and takes another account', async () => {
  const home = openHome(newFolder())
  await home.unlock(vaultKey).close()
  home.bindTo('https://chat.example')
  home.erase()
  expect(readdirSync(home.folder)).toEqual([])
  expect([home.isOpen(), home.isUsed()]).toEqual([false, false])
  home.expectServer('https://another.example')
  await home.unlock(new Uint8Array(32).fill(8)).close()
})
