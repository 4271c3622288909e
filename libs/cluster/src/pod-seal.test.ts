import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { busKey, sealPacket } from './packet.ts'
import { createPodSeal, type PodStatement } from './pod-seal.ts'

const key = Buffer.alloc(32, 7)
const seal = createPodSeal(key)
const statement: PodStatement = {
  pod: 'chat-1',
  bootId: 'b',
  at: 1_700_000_000_000,
  upMs: 5,
  capacity: 100,
  connections: 3,
  lagMs: 1.5,
  isDraining: false,
  isShedding: true,
  revision: '1',
}

test('a sealed statement opens; its MAC is HMAC-SHA256 over label and content', () => {
  const sealed = seal.seal(statement)
  expect(seal.open('chat-1', sealed)).toEqual(statement)
  const mac = createHmac('sha256', key).update(`fastchat pod record v1\n${sealed.content}`).digest('base64url')
  expect(sealed.mac).toBe(mac)
})

test('the MAC covers every value, and no two statements have the same bytes', () => {
  const changes: Partial<PodStatement>[] = [
    { pod: 'chat-2' },
    { bootId: 'c' },
    { at: 1 },
    { upMs: 6 },
    { capacity: 10_003 },
    { connections: 0 },
    { lagMs: 0 },
    { isDraining: true },
    { isShedding: false },
    { revision: '2' },
    { pod: 'chat-1","b', bootId: '' },
  ]
  const made = [statement, ...changes.map((change) => ({ ...statement, ...change }))].map((one) => seal.seal(one))
  expect(new Set(made.map(({ content }) => content)).size).toBe(made.length)
  for (const { content } of made.slice(1)) expect(seal.open('chat-1', { content, mac: made[0]!.mac })).toBe('forged')
})

test.each([
  ['no MAC', ''],
  ['a cut one', seal.seal(statement).mac.slice(0, 20)],
  ['one under another key', createPodSeal(Buffer.alloc(32, 8)).seal(statement).mac],
])('%s is rejected with any content', (_name, mac) => {
  for (const content of [seal.seal(statement).content, '', '{', 'null']) {
    expect(seal.open('chat-1', { content, mac })).toBe('forged')
  }
})

test('a record opens only for the pod that it names, if that is a valid name', () => {
  expect(seal.open('chat-2', seal.seal(statement))).toBe('other_name')
  for (const pod of ['', '..', 'a/b', 'a b', '-a', 'a'.repeat(64)]) {
    expect(seal.open(pod, seal.seal({ ...statement, pod }))).toBe('other_name')
  }
})

test('the MACs of orders, bus packets and records are not valid for each other', () => {
  const { content, mac } = seal.seal(statement)
  const order = seal.drainOrder(statement)
  expect(seal.open('chat-1', { content: '["chat-1","b"]', mac: order })).toBe('forged')
  expect(seal.isDrainOrder(statement, mac)).toBe(false)
  const packet = sealPacket(busKey(key), 'fastchat pod record v1', {}, Buffer.from(content))
  expect(seal.open('chat-1', { content, mac: packet.subarray(1, 17).toString('base64url') })).toBe('forged')
})

test('an order is valid for one run of one pod', () => {
  const order = seal.drainOrder(statement)
  expect(seal.isDrainOrder(statement, order)).toBe(true)
  expect(seal.isDrainOrder({ ...statement, bootId: 'c' }, order)).toBe(false)
  expect(seal.isDrainOrder({ ...statement, pod: 'chat-2' }, order)).toBe(false)
  expect(seal.isDrainOrder(statement, '1')).toBe(false)
})

test('a short key is rejected', () => expect(() => createPodSeal(Buffer.alloc(31))).toThrow('32 bytes'))
