import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { freePort, isPortTaken } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FrontDoor, openFrontDoor } from './front-door.ts'

let door: FrontDoor
beforeAll(async () => {
  door = await openFrontDoor(await freePort(), () => undefined)
})
afterAll(() => door.close())

async function ask(method: string, path: string) {
  const answer = await fetch(door.url + path, { method })
  const { error } = (await answer.json()) as { error: { code: string } }
  return [answer.status, error.code, answer.headers.get('allow')]
}

test('a method that a path does not support is answered with those it supports', async () => {
  expect(await ask('PROPFIND', '/v1/devices?x=1')).toEqual([405, 'method_not_allowed', 'GET, HEAD, POST'])
  expect(await ask('PROPFIND', '/ws/chat-0')).toEqual([405, 'method_not_allowed', 'GET, HEAD'])
})

test('an unknown path is answered not found for any method', async () => {
  expect(await ask('PROPFIND', '/v1/nothing')).toEqual([404, 'not_found', null])
  expect(await ask('GET', '/nothing')).toEqual([404, 'not_found', null])
})

test('a service that is down is answered busy, and a missing pod with its error code', async () => {
  expect(await ask('GET', '/v1/devices')).toEqual([503, 'busy', null])
  expect(await ask('GET', '/v1/conversations')).toEqual([503, 'no_services_available', null])
})

test('both loopback addresses reach it, and it rejects a port that is taken on one of them', async () => {
  const { port } = new URL(door.url)
  // A machine without IPv6 has only one of them.
  const isThere = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
  for (const host of ['127.0.0.1', ...(isThere ? ['[::1]'] : [])])
    expect((await fetch(`http://${host}:${port}/v1/devices`)).status).toBe(503)
  const other = createServer()
  const taken = await freePort()
  await new Promise<void>((resolve) => other.listen(taken, isThere ? '::1' : '127.0.0.1', resolve))
  await expect(openFrontDoor(taken, () => undefined)).rejects.toThrow(`port ${taken} is taken by another program`)
  await new Promise((resolve) => other.close(resolve))
  // A front door that could not open holds neither address.
  expect(await isPortTaken(taken)).toBe(false)
})
