import { toBase64Url } from '@fastchat/schema'
import type { Check } from '../check.ts'
import { at, equal, holds } from '../expect.ts'
import { call, succeeded } from '../http.ts'
import { greeted } from './socket.ts'

export const messageChecks: readonly Check[] = [
  {
    rule: 'a message that is sent twice under one id is stored once, at one position',
    async run(context) {
      const socket = await greeted(context)
      const send = await context.talk.send()
      socket.send(send)
      const first = await socket.answer(send.id)
      equal(first.t, 'ok', 'the answer to send')
      const again = await greeted(context)
      again.send(send)
      const second = await again.answer(send.id)
      equal([second.t, second.seq, second.duplicate], ['ok', first.seq, true], 'the answer to the repetition')
      again.end()
    },
  },
  {
    rule: 'other bytes under a used id are a conflict',
    async run(context) {
      const socket = await greeted(context)
      const send = await context.talk.send()
      socket.send(send)
      await socket.answer(send.id)
      const other = await context.talk.send()
      const again = await greeted(context)
      again.send({ ...other, id: send.id })
      equal((await again.answer(send.id)).code, 'conflict', 'error code')
      again.end()
    },
  },
  {
    rule: 'an envelope above the limit is too_large, and no later send is stored before a new first one',
    async run(context) {
      const socket = await greeted(context)
      const ready = await socket.answer('hello')
      const max = Number(at(ready, 'limits', 'maxEnvelopeBytes'))
      const large = { ...(await context.talk.send()), envelope: toBase64Url(new Uint8Array(max + 1)) }
      const { first: _, ...behind } = await context.talk.send()
      const before = await lastSeq()
      socket.send(large, behind)
      equal((await socket.answer(large.id)).code, 'too_large', 'error code')
      equal((await socket.answer(String(behind.id))).code, 'out_of_line', 'error code of the send behind it')
      equal(await lastSeq(), before, 'last position')
      socket.send({ ...behind, first: true }, { t: 'ping', id: 'p' })
      equal((await socket.answer('p')).t, 'ok', 'the answer to ping')
      socket.end()

      async function lastSeq() {
        const { url, account, talk } = context
        const answer = await call(`${url}/v1/conversations/${talk.conversation}`, { token: account.token })
        succeeded(answer, 200)
        return at(answer.body, 'lastSeq')
      }
    },
  },
  {
    rule: 'an id that is no UUIDv7 is a bad_request, and the connection stays open',
    async run(context) {
      const socket = await greeted(context)
      const id = context.newId().replace('-7', '-4')
      socket.send({ ...(await context.talk.send()), id })
      equal((await socket.answer(id)).code, 'bad_request', 'error code')
      socket.end()
    },
  },
  {
    rule: 'a message of a past epoch is stale_epoch',
    async run(context) {
      const socket = await greeted(context)
      const send = await context.talk.send()
      socket.send({ ...send, epoch: 0 })
      const { code } = await socket.answer(send.id)
      // The envelope names another epoch than the frame, so a server may reject that first.
      holds(code === 'stale_epoch' || code === 'malformed_handshake', `error code: ${String(code)}`)
      socket.end()
    },
  },
  {
    rule: 'positions have no gaps, and a fetch delivers the log again from a position',
    async run(context) {
      const socket = await greeted(context)
      const { conversation } = context.talk
      socket.send({ t: 'fetch', id: 'f', conversation, after: 0 })
      equal((await socket.answer('f')).t, 'ok', 'the answer to fetch')
      const { url, account } = context
      const page = await call(`${url}/v1/conversations/${conversation}/messages?after=0`, { token: account.token })
      succeeded(page, 200)
      const entries = at(page.body, 'entries')
      holds(Array.isArray(entries) && entries.length > 1, 'the log does not have the sent messages')
      equal(
        entries.map((entry: unknown) => at(entry, 'seq')),
        entries.map((_, n) => n + 1),
        'positions',
      )
      const last = entries.length
      await socket.until(`message ${last}`, ({ t, seq }) => t === 'message' && seq === last)
      socket.end()
    },
  },
]
