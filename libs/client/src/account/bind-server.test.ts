import type { UserId } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { memoryStore } from '../../testing/memory-store.ts'
import { TestServer } from '../../testing/test-server.ts'
import { Client } from '../client.ts'
import { Batch, type Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { bindServer } from './bind-server.ts'
import type { Enrolled } from './enrol.ts'
import { signIn, signOut } from './sign-in.ts'

let store: Store
beforeEach(async () => {
  store = memoryStore()
  await store.write(new Batch().put('meta', 'session', { refreshToken: 'secret' }).writes)
})

const isRefused = expect.objectContaining({ code: 'another_server' })

test('the first use binds a store to its server, in any spelling of it', async () => {
  await bindServer(store, 'https://chat.example')
  await bindServer(store, 'HTTPS://CHAT.example:443/')
  await expect(bindServer(store, 'https://chat.example.evil.example')).rejects.toEqual(isRefused)
  await expect(bindServer(store, 'http://chat.example')).rejects.toEqual(isRefused)
})

test('another server gets neither a token nor a device from a bound store', async () => {
  const evil = await TestServer.start()
  const asked: string[] = []
  evil.onRequest = (request, response) => {
    asked.push(request.url ?? '')
    response.end('{}')
  }
  await bindServer(store, 'https://chat.example')
  await store.write(new Batch().put('meta', 'identity', { userId: 'u' as UserId } as Identity).writes)
  await expect(Client.open(evil.url, store)).rejects.toEqual(isRefused)
  await expect(signOut(evil.url, store)).rejects.toEqual(isRefused)
  await expect(signIn(evil.url, store, {} as Enrolled, 'device')).rejects.toEqual(isRefused)
  expect(asked).toEqual([])
  await evil.stop()
})

test('a client says whether its connection can be read on the way', async () => {
  const { userId } = { userId: 'u' as UserId }
  const identity = { userId, accountKey: '', credentialSig: '', signaturePrivate: '', signaturePublic: '' } as Identity
  for (const [url, isUnencrypted] of [
    ['http://chat.example', true],
    ['https://chat.example', false],
    ['http://127.0.0.1:1', false],
  ] as const) {
    const own = memoryStore()
    await own.write(new Batch().put('meta', 'identity', identity).writes)
    expect((await Client.open(url, own)).isUnencrypted).toBe(isUnencrypted)
  }
})
