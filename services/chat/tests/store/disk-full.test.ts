import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRestPod, type RestPod } from './rest-pod.ts'
import { messageId } from './seed.ts'

let pod: RestPod
beforeAll(async () => {
  pod = await openRestPod()
  await pod.pool.query(`create function no_space() returns trigger language plpgsql as $$
    begin raise exception 'could not extend file "base/1/2": No space left on device' using errcode = 'disk_full'; end $$`)
})
afterAll(() => pod.close())

test('an upload to a full disk is answered busy, leaves no rows, and succeeds once there is space', async () => {
  const ann = await pod.person()
  const upload = () => ann.call('PUT', `/v1/attachments/${id}`, Buffer.alloc(300_000, 7))
  const id = messageId()
  await pod.pool.query(`create trigger full_disk before insert on attachment_chunk execute function no_space()`)
  expect(await upload()).toMatchObject({ status: 503, code: 'busy' })
  const { rows } = await pod.pool.query('select count(*)::int as n from attachment')
  expect(rows).toEqual([{ n: 0 }])
  await pod.pool.query('drop trigger full_disk on attachment_chunk')
  expect(await upload()).toMatchObject({ status: 201, body: { size: 300_000 } })
})
