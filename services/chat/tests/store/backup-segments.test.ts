import { randomUUID } from 'node:crypto'
import { limits } from '@fastchat/schema'
import { afterAll, expect, test } from 'vitest'
import { openRestPod } from './rest-pod.ts'
import type { TestDevice } from './test-device.ts'

const pod = await openRestPod()
afterAll(() => pod.close())

const [ann, ben] = await Promise.all([pod.person(), pod.person()])
const put = (by: TestDevice, id: string, bytes: Buffer) => by.call('PUT', `/v1/backup/segments/${id}`, bytes)
const get = (by: TestDevice, id: string) => by.call('GET', `/v1/backup/segments/${id}`)
const list = async (by: TestDevice, query = '') => (await by.call('GET', `/v1/backup/segments${query}`)).body
const remove = (by: TestDevice, ...segments: string[]) => by.call('POST', '/v1/backup/deletions', { segments })
const codeOf = ({ code, status }: { code: string | undefined; status: number }) => code ?? status

test('the devices of an account, and no others, reach its segments', async () => {
  const second = ann.secondDevice()
  const id = randomUUID()
  expect(codeOf(await put(ann, id, Buffer.from('sealed')))).toBe(201)
  expect(codeOf(await get(await second, id))).toBe(200)
  expect(codeOf(await get(ben, id))).toBe('not_found')
  expect(codeOf(await remove(ben, id))).toBe(204)
  // The same id is another segment of another account.
  expect(codeOf(await put(ben, id, Buffer.from('of ben')))).toBe(201)
  expect(await list(ann)).toMatchObject({ segments: [{ segment: id, size: 6 }], usedBytes: 6 })
  expect(codeOf(await remove(ann, id, randomUUID()))).toBe(204)
  expect(codeOf(await get(ann, id))).toBe('not_found')
  expect(codeOf(await get(ben, id))).toBe(200)
})

test('a segment is never replaced, and a repeated upload succeeds', async () => {
  const id = randomUUID()
  expect(codeOf(await put(ann, id, Buffer.from('once')))).toBe(201)
  expect(codeOf(await put(ann, id, Buffer.from('once')))).toBe(201)
  expect(codeOf(await put(ann, id, Buffer.from('twice')))).toBe('conflict')
})

test('segments are listed in pages', async () => {
  const cat = await pod.person()
  const ids = Array.from({ length: 3 }, () => randomUUID()).toSorted()
  for (const id of ids) await put(cat, id, Buffer.from('x'))
  expect(await list(cat, '?limit=2')).toMatchObject({
    segments: [{ segment: ids[0] }, { segment: ids[1] }],
    next: ids[1],
  })
  const rest = await list(cat, `?limit=2&after=${ids[1]}`)
  expect(rest).toMatchObject({ segments: [{ segment: ids[2] }], usedBytes: 3, quotaBytes: limits.maxBackupBytes })
  expect(rest).not.toHaveProperty('next')
})

test('a segment is bounded, and so are all segments of an account together', async () => {
  const large = Buffer.alloc(limits.maxBackupSegmentBytes + 1)
  expect(codeOf(await put(ann, randomUUID(), large))).toBe('attachment_too_large')
  expect(codeOf(await put(ann, randomUUID(), large.subarray(1)))).toBe(201)
  const store = async (size: number, most: number, count: number) => {
    const { rows } = await pod.pool.query(
      `select store_backup_segment(u.id, $2, $3, $4, $5) as outcome from "user" u where u.pub_id = $1`,
      [dan.userId, randomUUID(), Buffer.alloc(size), most, count],
    )
    return rows[0]?.outcome
  }
  const dan = await pod.person()
  expect(await store(10, 20, 2)).toBe('stored')
  expect(await store(11, 20, 2)).toBe('quota_exceeded')
  expect(await store(10, 20, 2)).toBe('stored')
  expect(await store(1, 100, 2)).toBe('quota_exceeded')
})

test('a deleted account leaves no backup behind, and stores none', async () => {
  const eva = await pod.person()
  await put(eva, randomUUID(), Buffer.from('mine'))
  const sql = async (query: string) => (await pod.pool.query(query, [eva.userId])).rows
  const owned = 'select s.user_id from backup_segment s join "user" u on u.id = s.user_id where u.pub_id = $1'
  expect(await sql(owned)).toHaveLength(1)
  await sql(`insert into account_backup (user_id, version, body) select id, 1, 'x' from "user" where pub_id = $1`)
  await sql('select delete_account(username) from "user" where pub_id = $1')
  expect(await sql(owned)).toEqual([])
  expect(await sql(owned.replace('backup_segment', 'account_backup'))).toEqual([])
  expect(codeOf(await put(eva, randomUUID(), Buffer.from('later')))).toBe('unauthorized')
})
