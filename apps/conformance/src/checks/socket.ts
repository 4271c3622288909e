import type { Check, Context } from '../check.ts'
import { at, equal, holds } from '../expect.ts'
import { Socket } from '../socket.ts'

export const socketChecks: readonly Check[] = [
  {
    rule: 'hello gets ready with the limits, then synced',
    async run(context) {
      const socket = await greeted(context)
      const ready = await socket.answer('hello')
      equal([ready.t, ready.device], ['ready', context.account.identity.deviceId], 'ready')
      for (const limit of ['maxFrameBytes', 'maxEnvelopeBytes', 'creditMessages'])
        holds(typeof at(ready, 'limits', limit) === 'number', `ready names no ${limit}`)
      await socket.until('synced', ({ t }) => t === 'synced')
      socket.end()
    },
  },
  {
    rule: 'a frame before hello closes the connection with 4500',
    async run({ pod }) {
      const socket = await Socket.open(pod)
      socket.send({ t: 'ping', id: 'p' })
      equal(await socket.closed(), 4500, 'close code')
      equal(socket.frames[0]?.code, 'hello_first', 'error code')
    },
  },
  {
    rule: 'a false token closes the connection with 4501',
    async run({ pod }) {
      const socket = await Socket.open(pod)
      socket.send({ t: 'hello', id: 'hello', token: 'x.y.z' })
      equal(await socket.closed(), 4501, 'close code')
      equal(socket.frames[0]?.code, 'unauthorized', 'error code')
    },
  },
  {
    rule: 'a connection without a hello is closed with 4002',
    async run({ pod }) {
      const socket = await Socket.open(pod)
      equal(await socket.closed(), 4002, 'close code')
    },
  },
  {
    rule: 'frames after hello wait for ready, and are handled in order',
    async run({ pod, account }) {
      const socket = await Socket.open(pod)
      socket.send({ t: 'hello', id: 'hello', token: account.token }, { t: 'ping', id: 'a' }, { t: 'ping', id: 'b' })
      await socket.answer('b')
      const answers = socket.frames.filter(({ id }) => ['hello', 'a', 'b'].includes(String(id)))
      equal(
        answers.map(({ t, id }) => [t, id]),
        [
          ['ready', 'hello'],
          ['ok', 'a'],
          ['ok', 'b'],
        ],
        'answers',
      )
      socket.end()
    },
  },
  {
    rule: 'an unknown frame gets an error, and the connection stays open',
    async run(context) {
      const socket = await greeted(context)
      socket.send({ t: 'wave', id: 'w' }, { t: 'ping', id: 'p' })
      equal((await socket.answer('w')).code, 'unknown_frame', 'error code')
      equal((await socket.answer('p')).t, 'ok', 'the answer to ping')
      socket.end()
    },
  },
  {
    rule: 'a known frame in a wrong form closes the connection with 4500',
    async run(context) {
      const socket = await greeted(context)
      socket.send({ t: 'ping', id: 'p', more: 1 })
      equal(await socket.closed(), 4500, 'close code')
    },
  },
  {
    rule: 'a conversation of other users cannot be fetched',
    async run(context) {
      const socket = await greeted(context)
      socket.send({ t: 'fetch', id: 'f', conversation: context.newId(), after: 0 })
      equal((await socket.answer('f')).code, 'not_found', 'error code')
      socket.end()
    },
  },
]

/** Opens a connection of the account's device, and resolves when it is ready. */
export async function greeted({ pod, account }: Context): Promise<Socket> {
  const socket = await Socket.open(pod)
  socket.send({ t: 'hello', id: 'hello', token: account.token })
  equal((await socket.answer('hello')).t, 'ready', 'the answer to hello')
  return socket
}
