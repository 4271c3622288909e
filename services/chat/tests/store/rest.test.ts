import { randomUUID } from 'node:crypto'
import { chatOperations, limits } from '@fastchat/schema'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAttachments } from '../../src/store/attachments.ts'
import { cleanReservations } from '../../src/store/reservations.ts'
import { openRestPod } from './rest-pod.ts'
import { messageId } from './seed.ts'
import { bundleOf, rosterOf, startGroup, type TestDevice, trust } from './test-device.ts'

const pod = await openRestPod()
afterAll(() => pod.close())

const [ann, ben, cat, stranger] = await Promise.all([pod.person(), pod.person(), pod.person(), pod.person()])
const leafOf = (device: TestDevice) =>
  ann.group!.members().find(({ deviceId }) => deviceId === device.deviceId)!.leafIndex
const codeOf = ({ code, status }: { code: string | undefined; status: number }) => code ?? status

describe('access rights', () => {
  const second = ben.secondDevice()
  let conversation = ''
  let attachment = ''
  let later = ''

  // ann is admin. ben is a member, whose second device has no leaf. cat was removed at 4. The
  // stranger has no rights.
  beforeAll(async () => {
    conversation = await startGroup(ann, ben, cat)
    await ann.send('2')
    attachment = messageId()
    await ann.call('PUT', `/v1/attachments/${attachment}`, Buffer.from('bytes'))
    await ann.send('3', [attachment])
    await ann.commit({ remove: [leafOf(cat)], roster: rosterOf([ann, 'admin'], [ben, 'member']), trust })
    later = messageId()
    await ann.call('PUT', `/v1/attachments/${later}`, Buffer.from('bytes'))
    await ann.send('5', [later])
  })

  type Ask = (device: TestDevice) => Promise<{ code: string | undefined; status: number }>
  const at = (rest: string) => `/v1/conversations/${conversation}${rest}`
  const get =
    (rest: () => string): Ask =>
    (device) =>
      device.call('GET', rest())
  const matrix: [string, Ask, Record<'admin' | 'member' | 'otherDevice' | 'exMember' | 'stranger', string | number>][] =
    [
      [
        'getConversation',
        get(() => at('')),
        { admin: 200, member: 200, otherDevice: 200, exMember: 'not_found', stranger: 'not_found' },
      ],
      [
        'groupInfo',
        get(() => at('/group-info')),
        { admin: 200, member: 200, otherDevice: 200, exMember: 'not_found', stranger: 'not_found' },
      ],
      [
        'pastGroupInfo',
        get(() => at('/group-info/past?groupNo=1&epoch=2')),
        { admin: 200, member: 200, otherDevice: 200, exMember: 'not_found', stranger: 'not_found' },
      ],
      [
        // ann created the group, so she has no welcome.
        'welcome',
        get(() => at('/welcome')),
        { admin: 'not_found', member: 200, otherDevice: 'not_found', exMember: 'not_found', stranger: 'not_found' },
      ],
      [
        // The former member joined with it, and has not acked it yet.
        'welcome of the first commit',
        get(() => at('/welcome?seq=1')),
        { admin: 'not_found', member: 200, otherDevice: 'not_found', exMember: 200, stranger: 'not_found' },
      ],
      [
        'listMessages',
        get(() => at('/messages')),
        { admin: 200, member: 200, otherDevice: 200, exMember: 200, stranger: 'not_found' },
      ],
      [
        'getMessage that the ex-member received',
        get(() => at('/messages/3')),
        { admin: 200, member: 200, otherDevice: 'not_found', exMember: 200, stranger: 'not_found' },
      ],
      [
        // This is a commit, which all devices of a member may read.
        'getMessage of the removal',
        get(() => at('/messages/4')),
        { admin: 200, member: 200, otherDevice: 200, exMember: 200, stranger: 'not_found' },
      ],
      [
        'getMessage after the ex-member',
        get(() => at('/messages/5')),
        { admin: 200, member: 200, otherDevice: 'not_found', exMember: 'not_found', stranger: 'not_found' },
      ],
      [
        'getMessage of none',
        get(() => at('/messages/6')),
        {
          admin: 'not_found',
          member: 'not_found',
          otherDevice: 'not_found',
          exMember: 'not_found',
          stranger: 'not_found',
        },
      ],
      [
        'getAttachment',
        get(() => `/v1/attachments/${attachment}`),
        { admin: 200, member: 200, otherDevice: 200, exMember: 200, stranger: 'not_found' },
      ],
      [
        'getAttachment after the ex-member',
        get(() => `/v1/attachments/${later}`),
        { admin: 200, member: 200, otherDevice: 200, exMember: 'not_found', stranger: 'not_found' },
      ],
      [
        'commit (a broken one)',
        (device) =>
          device.post(conversation as never, { ...bundleOf({ groupNo: 1, epoch: 2 }, bytes), id: messageId() }),
        {
          admin: 'malformed_handshake',
          member: 'malformed_handshake',
          otherDevice: 'malformed_handshake',
          exMember: 'not_found',
          stranger: 'not_found',
        },
      ],
      [
        'leave (with no statement)',
        (device) => device.call('POST', at('/leave'), { id: messageId(), statement: 'AA' }),
        {
          admin: 'malformed_handshake',
          member: 'malformed_handshake',
          otherDevice: 'malformed_handshake',
          exMember: 'not_found',
          stranger: 'not_found',
        },
      ],
    ]
  const bytes = { commit: Buffer.from('x'), groupInfo: Buffer.from('x') }

  test.each(matrix)('%s', async (_, ask, expected) => {
    const who = { admin: ann, member: ben, otherDevice: await second, exMember: cat, stranger }
    const got: Record<string, string | number> = {}
    for (const [name, device] of Object.entries(who)) got[name] = codeOf(await ask(device))
    expect(got).toEqual(expected)
  })

  test('the log shows each device only its intervals', async () => {
    const seqsFor = async (device: TestDevice, query = '') => {
      const { body } = await device.call('GET', at(`/messages${query}`))
      const { entries, lastSeq } = body as { entries: { seq: number }[]; lastSeq: number }
      return [entries.map(({ seq }) => seq), lastSeq]
    }
    expect(await seqsFor(ben)).toEqual([[1, 2, 3, 4, 5], 5])
    expect(await seqsFor(ben, '?after=1&limit=2')).toEqual([[2, 3], 5])
    expect(await seqsFor(cat)).toEqual([[1, 2, 3, 4], 4])
    expect(await seqsFor(await second)).toEqual([[], 5])
    expect(await seqsFor(await second, '?only=handshakes')).toEqual([[1, 4], 5])
    expect(await seqsFor(await second, '?only=handshakes&after=1')).toEqual([[4], 5])
    expect(await seqsFor(cat, '?only=handshakes')).toEqual([[1, 4], 4])
  })

  test('the log names the floor that retention left', async () => {
    await pod.pool.query('update conversation set floor_seq = 1 where pub_id = $1', [conversation])
    expect(await ben.call('GET', at('/messages'))).toMatchObject({ body: { floorSeq: 1 } })
  })

  test('a user who has left may not commit or join', async () => {
    const group = await startGroup(ann, ben, cat)
    await cat.leave(group)
    for (const path of ['group-info', 'group-info/past?groupNo=1&epoch=1'])
      expect(await cat.call('GET', `/v1/conversations/${group}/${path}`)).toMatchObject({ code: 'forbidden' })
    expect(await cat.post(group, bundleOf({ groupNo: 1, epoch: 1 }, bytes))).toMatchObject({ code: 'forbidden' })
    expect(await cat.call('GET', `/v1/conversations/${group}`)).toMatchObject({ status: 200 })
  })

  test('all requests need a token of a device', async () => {
    for (const { method, path } of Object.values(chatOperations)) {
      const url = path.replace(':conversation', randomUUID()).replace(':attachment', messageId()).replace(':seq', '1')
      const answer = await pod.server.app.inject({ method, url })
      expect([path, answer.statusCode]).toEqual([path, 401])
    }
  })
})

describe('reserving', () => {
  test('two users have only one direct conversation', async () => {
    const [first, again] = [await ann.reserveDirect(ben), await ann.reserveDirect(ben)]
    const theirs = await ben.reserveDirect(ann)
    expect([again.conversation, theirs.conversation]).toEqual([first.conversation, first.conversation])
    expect(first).toMatchObject({ kind: 'direct', groupNo: 0, lastSeq: 0, members: [] })
    expect(await stranger.call('GET', `/v1/conversations/${first.conversation}`)).toMatchObject({ code: 'not_found' })
    expect(await ann.call('POST', '/v1/conversations', { kind: 'direct', peer: randomUUID() })).toMatchObject({
      code: 'not_found',
    })
  })

  test('the creator chooses the id of a group', async () => {
    const conversation = await ann.reserveGroup()
    const body = { kind: 'group', conversation }
    expect(await ann.call('POST', '/v1/conversations', body)).toMatchObject({ status: 200 })
    expect(await ben.call('POST', '/v1/conversations', body)).toMatchObject({ code: 'conflict' })
    expect(await ben.call('GET', `/v1/conversations/${conversation}`)).toMatchObject({ code: 'not_found' })
  })

  test('the number of reserved conversations without a group is limited for each user', async () => {
    const [dan, eve] = [await pod.person(), await pod.person()]
    const direct = await dan.reserveDirect(eve)
    const [used] = [await startGroup(dan, eve)]
    const reserve = (device: TestDevice, conversation: string = randomUUID()) =>
      device.call('POST', '/v1/conversations', { kind: 'group', conversation })
    const own: string[] = Array.from({ length: limits.maxReservedConversations - 1 }, () => randomUUID())
    for (const conversation of own) expect(await reserve(dan, conversation)).toMatchObject({ status: 200 })
    expect(await reserve(dan)).toMatchObject({ status: 429, code: 'rate_limited' })
    expect(await dan.call('POST', '/v1/conversations', { kind: 'direct', peer: ann.userId })).toMatchObject({
      code: 'rate_limited',
    })
    expect(await reserve(dan, own[0])).toMatchObject({ status: 200 })
    expect((await dan.reserveDirect(eve)).conversation).toBe(direct.conversation)
    expect(await reserve(dan, used)).toMatchObject({ status: 200 })
    expect(await reserve(eve)).toMatchObject({ status: 200 })
    await pod.pool.query('update conversation set group_no = 1 where pub_id = $1', [own[0]])
    expect(await reserve(dan)).toMatchObject({ status: 200 })
  })

  test('an unused reservation is deleted after an hour, and can be made again', async () => {
    const [dan, eve] = [await pod.person(), await pod.person()]
    const [unused, young] = [await dan.reserveGroup(), await dan.reserveGroup()]
    const direct = await dan.reserveDirect(eve)
    const used = await startGroup(dan, eve)
    await pod.pool.query(`update conversation set created_at = now() - interval '61 minutes' where pub_id = any ($1)`, [
      [unused, used, direct.conversation],
    ])
    while (await cleanReservations(pod.pool));
    const codes = []
    for (const id of [unused, young, direct.conversation, used])
      codes.push(codeOf(await dan.call('GET', `/v1/conversations/${id}`)))
    expect(codes).toEqual(['not_found', 200, 'not_found', 200])
    expect((await eve.reserveDirect(dan)).conversation).not.toBe(direct.conversation)
    const body = { kind: 'group', conversation: unused }
    expect(await dan.call('POST', '/v1/conversations', body)).toMatchObject({ status: 200 })
  })

  test('the list has the user’s conversations, in pages', async () => {
    const [dan, eve] = [await pod.person(), await pod.person()]
    const mine = [await startGroup(dan, eve), await startGroup(eve, dan), await startGroup(dan)].sort()
    await startGroup(eve)
    await dan.reserveGroup()
    const ids: string[] = []
    for (let next: string | undefined = ''; next !== undefined; ) {
      const { body } = await dan.call('GET', `/v1/conversations?limit=2${next && `&after=${next}`}`)
      const page = body as { conversations: { conversation: string }[]; next?: string }
      ids.push(...page.conversations.map(({ conversation }) => conversation))
      next = page.next
    }
    expect(ids).toEqual(mine)
  })
})

test('the size of a commit is limited', async () => {
  const conversation = await ann.reserveGroup()
  const bundle = (bytes: number) => ({
    id: messageId(),
    groupNo: 1,
    epoch: 0,
    commit: Buffer.alloc(bytes).toString('base64url'),
    groupInfo: 'AAAA',
  })
  const path = `/v1/conversations/${conversation}/commits`
  expect(codeOf(await ann.call('POST', path, bundle(200 * 1024)))).toBe('malformed_handshake')
  const tooLarge = await ann.call('POST', path, bundle(limits.maxCommitBytes))
  expect([tooLarge.status, codeOf(tooLarge)]).toEqual([413, 'too_large'])
})

describe('attachments', () => {
  const put = (device: TestDevice, id: string, body: Buffer) => device.call('PUT', `/v1/attachments/${id}`, body)
  const read = (device: TestDevice, id: string) => device.call('GET', `/v1/attachments/${id}`)
  const large = Buffer.alloc(3 * 256 * 1024 + 17, 'FastChat')

  test('are returned byte for byte, first only to their uploader, then to recipients of the message', async () => {
    await startGroup(ann, ben)
    const id = messageId()
    expect(await put(ann, id, large)).toMatchObject({ status: 201, body: { size: large.length } })
    expect(codeOf(await read(ben, id))).toBe('not_found')
    expect(await ann.send('look', [id])).toMatchObject({ ok: true })
    for (const device of [ann, ben]) expect((await read(device, id)).body).toEqual(large)
    expect(codeOf(await read(stranger, id))).toBe('not_found')
  })

  test('can be uploaded again until a message names them', async () => {
    await startGroup(ann, ben)
    const id = messageId()
    await put(ann, id, large)
    await put(ann, id, Buffer.from('second'))
    expect((await read(ann, id)).body).toEqual(Buffer.from('second'))
    expect(codeOf(await put(ben, id, Buffer.from('ben’s')))).toBe('conflict')
    await ann.send('look', [id])
    expect(codeOf(await put(ann, id, Buffer.from('third')))).toBe('conflict')
    expect((await read(ann, id)).body).toEqual(Buffer.from('second'))
    const { rows } = await pod.pool.query('select count(*)::int as n from attachment where not complete')
    expect(rows).toEqual([{ n: 0 }])
  })

  test('have a size limit, declared or not, and one content type', async () => {
    const url = `/v1/attachments/${messageId()}`
    const headers = { authorization: `Bearer ${ann.deviceId}`, 'content-type': 'application/octet-stream' }
    const declared = { ...headers, 'content-length': String(limits.maxAttachmentBytes + 1) }
    const early = await pod.server.app.inject({ method: 'PUT', url, headers: declared, payload: Buffer.from('x') })
    expect(early.json()).toMatchObject({ error: { code: 'attachment_too_large' } })
    async function* endless() {
      for (;;) yield Buffer.alloc(1024 * 1024)
    }
    const attachments = createAttachments(pod.pool, randomUUID)
    const outcome = await attachments.put(ann.session, messageId() as never, endless())
    expect(outcome).toEqual({ ok: false, code: 'attachment_too_large' })
    const wrong = await pod.server.app.inject({
      method: 'PUT',
      url,
      headers: { ...headers, 'content-type': 'application/json' },
      payload: '{}',
    })
    expect(wrong.json()).toMatchObject({ error: { code: 'unsupported_media_type' } })
    expect(codeOf(await ann.call('POST', '/v1/conversations', Buffer.from('x')))).toBe('unsupported_media_type')
  })

  test('leave no rows behind when the upload breaks', async () => {
    async function* broken() {
      yield large
      throw new Error('connection lost')
    }
    const id = messageId() as never
    await expect(createAttachments(pod.pool, randomUUID).put(ann.session, id, broken())).rejects.toThrow(
      'connection lost',
    )
    const { rows } = await pod.pool.query('select count(*)::int as n from attachment where not complete')
    expect(rows).toEqual([{ n: 0 }])
  })

  test('without a message are bounded for each user, also when uploaded at once', async () => {
    const eve = await pod.person()
    const devices = [eve, await eve.secondDevice()]
    const attachments = createAttachments(pod.pool, randomUUID)
    const body = async function* () {
      yield Buffer.from('x')
    }
    const outcomes = await Promise.all(
      Array.from({ length: limits.maxUnsentUploads + 6 }, (_, n) =>
        attachments.put(devices[n % 2]!.session, messageId() as never, body()),
      ),
    )
    // Uploads in progress count in full. So some may be refused early, but never is one too many
    // accepted.
    const { rows } = await pod.pool.query('select count(*)::int as n from attachment where device_id = any ($1)', [
      devices.map(({ session }) => session.device),
    ])
    expect(rows[0].n).toBe(outcomes.filter(({ ok }) => ok).length)
    expect(rows[0].n).toBeLessThanOrEqual(limits.maxUnsentUploads)
    expect(outcomes.filter((outcome) => !outcome.ok).map((outcome) => !outcome.ok && outcome.code)).toContain(
      'rate_limited',
    )
  })

  test('count against the quota of their user, with sent ones and those of other devices', async () => {
    const meg = await pod.person()
    const other = await meg.secondDevice()
    const setQuota = (bytes: number) =>
      pod.pool.query('update "user" set attachment_quota = $2 where id = $1', [meg.session.user, bytes])
    await setQuota(large.length + 10)
    expect(codeOf(await put(meg, messageId(), large))).toBe(201)
    expect(codeOf(await put(other, messageId(), Buffer.alloc(11)))).toBe('quota_exceeded')
    expect(codeOf(await put(other, messageId(), Buffer.alloc(10)))).toBe(201)
    expect(codeOf(await put(meg, messageId(), Buffer.from('x')))).toBe('quota_exceeded')
    const { rows } = await pod.pool.query('select count(*)::int as n from attachment where device_id = any ($1)', [
      [meg.session.device, other.session.device],
    ])
    expect(rows).toEqual([{ n: 2 }])
    await setQuota(2 * large.length)
    expect(codeOf(await put(meg, messageId(), Buffer.from('x')))).toBe(201)
  })

  test('without a message are deleted after a day', async () => {
    const dan = await pod.person()
    for (let n = 0; n < 64; n++) expect(codeOf(await put(dan, messageId(), Buffer.from('x')))).toBe(201)
    expect(codeOf(await put(dan, messageId(), Buffer.from('x')))).toBe('rate_limited')
    const old = `update attachment set created_at = now() - interval '25 hours' where device_id = $1`
    await pod.pool.query(old, [dan.session.device])
    const attachments = createAttachments(pod.pool, randomUUID)
    while (await attachments.collectOrphans());
    const { rows } = await pod.pool.query('select count(*)::int as n from attachment where device_id = $1', [
      dan.session.device,
    ])
    expect(rows).toEqual([{ n: 0 }])
    const bound = await pod.pool.query('select count(*)::int as n from attachment where seq is not null')
    expect(bound.rows[0].n).toBeGreaterThan(0)
    expect(codeOf(await put(dan, messageId(), Buffer.from('x')))).toBe(201)
  })
})
