import { Resolver } from 'node:dns/promises'
import { freePort } from '@fastchat/testkit'
import { decode, encode } from 'dns-packet'
import { expect, test } from 'vitest'
import { openNameServer, replyTo } from './name-server.ts'

const names: Readonly<Record<string, readonly string[]>> = {
  'chat.fastchat.svc.cluster.local': ['10.247.1.2'],
  'chat-pods.fastchat.svc.cluster.local': ['10.247.0.10', '10.247.0.11'],
  'postgres.fastchat.svc.cluster.local': [],
}
const lookup = (name: string) => names[name]

test('a resolver gets addresses, and can tell a name without addresses from an unknown one', async () => {
  const port = await freePort()
  const server = await openNameServer('127.0.0.1', lookup, port)
  const resolver = new Resolver({ timeout: 2_000, tries: 1 })
  resolver.setServers([`127.0.0.1:${port}`])
  try {
    expect(await resolver.resolve4('Chat.fastchat.svc.cluster.local')).toEqual(['10.247.1.2'])
    expect(await resolver.resolve4('chat-pods.fastchat.svc.cluster.local')).toEqual(['10.247.0.10', '10.247.0.11'])
    await expect(resolver.resolve4('postgres.fastchat.svc.cluster.local')).rejects.toMatchObject({ code: 'ENODATA' })
    await expect(resolver.resolve6('chat.fastchat.svc.cluster.local')).rejects.toMatchObject({ code: 'ENODATA' })
    await expect(resolver.resolve4('chat.example.com')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  } finally {
    await server.close()
  }
})

const ask = (type: 'A' | 'AAAA', name: string) => {
  const query = encode({ type: 'query', id: 7, flags: 0x01_00, questions: [{ type, name }] })
  return decode(replyTo(query, lookup) ?? Buffer.alloc(0))
}

// A resolver may spell the question in any case, and expects it back unchanged.
test.each(['chat.fastchat.svc.cluster.local', 'cHat.fastchat.svc.cluster.LOCAL'])('%s is answered', (name) => {
  expect(ask('A', name)).toMatchObject({
    id: 7,
    type: 'response',
    rcode: 'NOERROR',
    questions: [{ type: 'A', name }],
    answers: [{ name, type: 'A', ttl: 5, data: '10.247.1.2' }],
  })
})

test('a known name without an address of the asked type gets an empty answer', () => {
  expect(ask('AAAA', 'chat.fastchat.svc.cluster.local')).toMatchObject({ rcode: 'NOERROR', answers: [] })
  expect(ask('AAAA', 'chat.example.com')).toMatchObject({ rcode: 'NXDOMAIN', answers: [] })
})

test('invalid packets and foreign answers get no reply', () => {
  expect(replyTo(Buffer.from('rubbish'), lookup)).toBeUndefined()
  expect(replyTo(Buffer.alloc(0), lookup)).toBeUndefined()
  const questions = [{ type: 'A', name: 'chat.fastchat.svc.cluster.local' }] as const
  expect(replyTo(encode({ type: 'response', id: 7, questions: [...questions] }), lookup)).toBeUndefined()
  expect(replyTo(encode({ type: 'query', id: 7, questions: [] }), lookup)).toBeUndefined()
})
