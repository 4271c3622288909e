import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDevice } from '@fastchat/client/node'
import { eventually } from '@fastchat/testkit'
import { demoPassword, seedDemo } from '@fastchat/tools/demo'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'

let stack: Stack
let folder: string

beforeAll(async () => {
  stack = await Stack.start()
  folder = await mkdtemp(join(tmpdir(), 'fastchat-demo-'))
}, 120_000)

afterAll(async () => {
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('the demo has a past, which a new device of its people gets, and is made once', async () => {
  const said: string[] = []
  const options = { url: stack.url, folder: join(folder, 'demo'), say: (line: string) => void said.push(line) }
  await seedDemo(options)
  const first = said.length
  await seedDemo(options)
  expect(said.slice(first)).toEqual([said.at(-1)])
  expect(said.at(-1)).toContain(`ann, ben, cleo, dana, all with the password ${demoPassword}`)

  const { client, close } = await openDevice({
    ...{ url: stack.url, home: join(folder, 'ann'), username: 'ann' },
    password: () => demoPassword,
  })
  await eventually(
    () => {
      const group = client.own.chats().find(({ name }) => name === 'Trip to Rome')
      expect(group).toMatchObject({ unread: 3, members: { length: 4 } })
      expect(client.own.chats().find(({ kind }) => kind === 'direct')).toMatchObject({ unread: 3 })
    },
    { timeoutMs: 60_000 },
  )
  const { entries } = await client.search('night train')
  expect(entries).toHaveLength(2)
  const [picture] = (await client.search('view')).entries
  expect(picture?.payload).toMatchObject({ kind: 'image', width: 480, height: 320 })
  await close()
})

test('the demo takes no name of somebody else', async () => {
  const options = { url: stack.url, folder: join(folder, 'second'), say: () => {} }
  await expect(seedDemo(options)).rejects.toThrow('somebody is named ann already')
})
