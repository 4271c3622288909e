import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openHome } from '@fastchat/client/node'
import { eventually, filesHolding } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start({ pods: 1 })
})
afterAll(() => stack.stop())

/** Returns every ratchet state, key package and pending commit in a home, as it is stored there. */
function secretsIn(folder: string): Map<string, Uint8Array> {
  const db = new DatabaseSync(join(folder, 'store.db'), { readOnly: true })
  const rows = ['groups', 'keyPackages', 'intents'].flatMap((table) => db.prepare(`select value from "${table}"`).all())
  db.close()
  return new Map(rows.map(({ value }) => [Buffer.from(value as Uint8Array).toString('hex'), value as Uint8Array]))
}

test('while a client runs, the keys of earlier messages disappear from every file of its home', async () => {
  const due: (() => void)[] = []
  const schedule = (_ms: number, work: () => void) => {
    due.push(work)
    return () => void due.splice(due.indexOf(work), 1)
  }
  const home = openHome(join(mkdtempSync(join(tmpdir(), 'fastchat-e2e-')), 'home'), schedule)
  const store = home.unlock(new Uint8Array(32).fill(7))
  const [ana, ben] = [await Person.signUp(stack.url, 'ana', { store }), await Person.signUp(stack.url, 'ben')]

  const seen = secretsIn(home.folder)
  const look = () => {
    for (const [hex, value] of secretsIn(home.folder)) seen.set(hex, value)
  }
  const group = (await ana.client.createGroup('Group', [ben.id])).id
  look()
  await eventually(() => expect(ben.client.conversation(group).record.status).toBe('active'))
  for (const [n, to] of [ana, group, ana, group, ana].entries()) {
    await ben.send(to, `message ${n}`)
    await ana.sees(`message ${n}`)
    look()
  }
  await ana.settled()
  for (const hex of secretsIn(home.folder).keys()) seen.delete(hex)
  const old = [...seen.values()]
  expect(old.length).toBeGreaterThan(5)
  expect(filesHolding(home.folder, old)).toContain('store.db-wal')

  expect(due.length).toBe(1)
  due.pop()?.()
  expect(filesHolding(home.folder, old)).toEqual([])

  await ben.send(group, 'still there')
  await ana.sees('still there')
  await Promise.all([ana.offline(), ben.offline()])
  await store.close()
})
