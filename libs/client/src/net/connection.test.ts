import { systemClock } from '@fastchat/clock'
import { ManualClock } from '@fastchat/clock/testing'
import type { DeviceId, ServerFrame } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { newId } from '../../testing/devices.ts'
import { type Peer, TestServer } from '../../testing/test-server.ts'
import { ClientError, Unreachable } from '../errors.ts'
import { createBackoff } from './backoff.ts'
import { Connection } from './connection.ts'
import type { ConnectionState } from './connection-state.ts'
import { maxRestLetters } from './frame-form.ts'
import { createRest } from './rest.ts'
import { maxFrameLetters, openSocket, type Patience, patience } from './socket.ts'

/** Returns the clock and the pauses of a real device. */
const chance = () => ({ clock: systemClock, backoff: createBackoff(Math.random, systemClock) })

let server: TestServer
let connection: Connection
let states: ConnectionState['state'][]
let tokens: { access: () => Promise<string>; forget: () => void; freshForMs: () => number }
let forgotten: number

beforeEach(async () => {
  server = await TestServer.start()
  server.onFrame = (peer, { t, ...frame }) => {
    if (t === 'hello') ready(peer)
    else if ('id' in frame) peer.send({ t: 'ok', id: frame.id })
  }
  forgotten = 0
  tokens = { access: async () => 'token', forget: () => void forgotten++, freshForMs: () => 60_000 }
  connection = new Connection({
    rest: createRest(server.url),
    tokens: { access: () => tokens.access(), forget: () => tokens.forget(), freshForMs: () => tokens.freshForMs() },
    cursors: () => ({}),
    podUrls: [server.socketUrl],
    ...chance(),
  })
  states = []
  connection.on('state', ({ state }) => states.push(state))
})
afterEach(async () => {
  await connection.stop()
  await server.stop()
})

function ready(peer: Peer): void {
  const about = { pod: 'pod', device: '' as DeviceId, dbEpoch: 'first', now: 0, limits: {} }
  peer.send({ t: 'ready', id: 'hello', ...about })
}
const online = () => eventually(() => expect(connection.isOnline).toBe(true), { everyMs: 5 })
const hellos = () => server.frames.filter(({ t }) => t === 'hello')

test('no frame is sent before the server is ready', async () => {
  const { onFrame } = server
  server.onFrame = () => {}
  connection.start()
  await eventually(() => expect(hellos()).toHaveLength(1))
  await expect(connection.request({ t: 'ping', id: 'a' })).rejects.toThrow('not connected')
  connection.post({ t: 'ping', id: 'b' })
  server.onFrame = onFrame
  ready(server.peers[0]!)
  await online()
  await connection.request({ t: 'ping', id: 'c' })
  expect(server.frames.map((frame) => ('id' in frame ? frame.id : ''))).toEqual(['hello', 'c'])
})

test('each success restarts the time of trouble, while pauses continue from where they were', async () => {
  const calls: string[] = []
  const note = (call: string) => void calls.push(call)
  connection = new Connection({
    rest: createRest(server.url),
    tokens,
    cursors: () => ({}),
    podUrls: [server.socketUrl],
    clock: systemClock,
    backoff: { next: () => calls.push('next') && 0, worked: () => note('worked'), reset: () => note('reset') },
  })
  connection.start()
  for (const times of [1, 2, 3]) {
    await eventually(() => expect(hellos()).toHaveLength(times), { everyMs: 5 })
    await online()
    server.peers.at(-1)?.close(1012)
  }
  await eventually(() => expect(hellos()).toHaveLength(4), { everyMs: 5 })
  expect(calls.slice(0, 6)).toEqual(['worked', 'next', 'worked', 'next', 'worked', 'next'])
})

test('a connection that is started again while the last run still ends is connected and says so', async () => {
  connection.start()
  await online()
  const stopped = connection.stop()
  connection.start()
  await stopped
  await online()
  expect(connection.state.state).toBe('online')
  await connection.request({ t: 'ping', id: 'a' })
  expect(states).toEqual(['connecting', 'online', 'connecting', 'online'])
})

test('a connection that is stopped while it connects ends at once', async () => {
  let isKnocking = false
  server.onUpgrade = () => {
    isKnocking = true
  }
  connection.start()
  await eventually(() => expect(isKnocking).toBe(true))
  // The server never answers. The time limit for opening, 5 s, must not pass first.
  const before = performance.now()
  await connection.stop()
  expect(performance.now() - before).toBeLessThan(4_000)
  expect(connection.state.state).toBe('off')
})

/** The limits in a few milliseconds instead of seconds. */
const quick: Patience = { tickMs: 10, askAfter: 2, leaveAfter: 6 }

test('a link that died in silence is given up, even if the other side does not answer the close', async () => {
  server.isDeaf = true
  server.onFrame = (peer, { t }) => t === 'hello' && ready(peer)
  const socket = await openSocket(server.socketUrl, () => {}, undefined, quick)
  await socket.hello('token', {})
  expect(await socket.closed).toMatchObject({ code: 1006, isSilent: true })
  // The client asks once, and waits as long as the answer takes.
  expect(server.frames.map(({ t }) => t)).toEqual(['hello', 'ping'])
})

test('a link on which pings are answered is kept, and pings are sent in silence only', async () => {
  const socket = await openSocket(server.socketUrl, () => {}, undefined, quick)
  await socket.hello('token', {})
  const pings = () => server.frames.filter(({ t }) => t === 'ping').length
  await eventually(() => expect(pings()).toBeGreaterThan(5), { everyMs: 5 })
  let isClosed = false
  void socket.closed.then(() => {
    isClosed = true
  })
  const talk = setInterval(() => server.peers[0]!.send({ t: 'synced' } as ServerFrame), 2)
  const before = pings()
  let ticks = 0
  const ticking = setInterval(() => ticks++, quick.tickMs)
  await eventually(() => expect(ticks).toBeGreaterThan(20), { everyMs: 5 })
  clearInterval(talk)
  clearInterval(ticking)
  expect(pings() - before).toBeLessThan(3)
  expect(isClosed).toBe(false)
  socket.close()
})

test('a client that was suspended reads the frames that have arrived before it gives a link up', async () => {
  const socket = await openSocket(server.socketUrl, () => {}, undefined, quick)
  await socket.hello('token', {})
  let isClosed = false
  void socket.closed.then(() => {
    isClosed = true
  })
  const until = performance.now() + 20 * quick.tickMs
  while (performance.now() < until);
  await socket.request({ t: 'ping', id: 'after' })
  expect(isClosed).toBe(false)
  socket.close()
})

test('a pod that hangs is left after about nine seconds', () => {
  expect(patience).toEqual({ tickMs: 1_000, askAfter: 5, leaveAfter: 9 })
})

test('after a connection that ended by silence at once, the next one tolerates twice the silence', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    server.onFrame = (peer, { t }) => t === 'hello' && ready(peer)
    const clock = new ManualClock()
    const rest = createRest(server.url)
    const at = { rest, tokens, cursors: () => ({}), podUrls: [server.socketUrl] }
    connection = new Connection({ ...at, ...chance(), clock })
    connection.start()
    /** Returns the number of ticks without a frame until the client connects again. */
    const ticksOfSilence = async (): Promise<number> => {
      const count = hellos().length
      await eventually(() => expect(connection.isOnline).toBe(true), { everyMs: 5 })
      let ticks = 0
      while (connection.isOnline) {
        vi.advanceTimersByTime(patience.tickMs)
        clock.advance(patience.tickMs)
        ticks++
        await new Promise(setImmediate)
      }
      connection.retryNow()
      await eventually(() => expect(hellos().length).toBeGreaterThan(count), { everyMs: 5 })
      return ticks
    }
    await eventually(() => expect(hellos()).toHaveLength(1), { everyMs: 5 })
    expect([await ticksOfSilence(), await ticksOfSilence()]).toEqual([9, 18])
    await eventually(() => expect(connection.isOnline).toBe(true), { everyMs: 5 })
    clock.advance(31_000)
    expect([await ticksOfSilence(), await ticksOfSilence()]).toEqual([9, 9])
  } finally {
    vi.useRealTimers()
  }
})

test('the renewal of a token ends with the socket', async () => {
  let asked = 0
  let give = (_token: string) => {}
  tokens.freshForMs = () => 0
  connection.start()
  await eventually(() => expect(hellos()).toHaveLength(1))
  tokens.access = () => {
    asked++
    return new Promise((resolve) => {
      give = resolve
    })
  }
  await eventually(() => expect(asked).toBe(1))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const stopped = connection.stop()
    give('fresh')
    await stopped
    // The closing socket may still hold a timer. A renewal that goes on would hold one forever.
    for (let turn = 0; turn < 1000 && vi.getTimerCount() > 0; turn++) await new Promise(setImmediate)
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
  expect(asked).toBe(1)
})

test('a rejected token is fetched again, and a replaced device does not connect again', async () => {
  connection.start()
  await online()
  server.peers[0]!.close(4501)
  await eventually(() => expect(hellos()).toHaveLength(2))
  expect(forgotten).toBe(1)
  await online()
  server.peers[1]!.close(4509)
  await eventually(() => expect(connection.state.state).toBe('ended'))
  expect(hellos()).toHaveLength(2)
})

test('without a session the connection ends with the reason, and without a network it retries', async () => {
  tokens.access = async () => {
    throw new ClientError('not_signed_in', 'Sign in first')
  }
  connection.start()
  await eventually(() => expect(connection.state).toMatchObject({ state: 'ended', error: { code: 'not_signed_in' } }))
  tokens.access = async () => {
    throw new Unreachable('no answer')
  }
  connection.start()
  await eventually(() => expect(connection.state.state).toBe('unavailable'))
  tokens.access = async () => 'token'
  connection.retryNow()
  await online()
})

test('after `reconnect` the client waits as long as it was told', async () => {
  connection.start()
  await online()
  const asked = Date.now()
  server.peers[0]!.send({ t: 'reconnect', afterMs: 300, candidates: [] })
  server.peers[0]!.close(1012)
  await eventually(() => expect(connection.state.state).toBe('unavailable'))
  expect(connection.state).toMatchObject({ retryAt: expect.toSatisfy((at: number) => at >= asked + 300) })
})

type Candidates = readonly { readonly pod: string; readonly url: string }[]

/**
 * Makes a connection that asks the balancer. The test may change its answer; `asked` counts the
 * requests.
 */
function placed(candidates: Candidates) {
  const balancer = { candidates, asked: 0, troubles: [] as Error[] }
  server.onRequest = (_, response) => {
    balancer.asked++
    const placement = { candidates: balancer.candidates, expiresAt: Date.now() + 10_000 }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(placement))
  }
  connection = new Connection({
    rest: createRest(server.url),
    tokens,
    cursors: () => ({}),
    clock: systemClock,
    backoff: { next: () => 0, worked: () => {}, reset: () => {} },
  })
  connection.on('trouble', (error) => balancer.troubles.push(error))
  connection.start()
  return balancer
}

/** Ends the connection as a pod does that offers other pods. */
async function endPod(candidates: Candidates): Promise<void> {
  const count = hellos().length
  const peer = server.peers.at(-1)!
  peer.send({ t: 'reconnect', afterMs: 1, candidates: [...candidates] })
  peer.close(1012)
  await eventually(() => expect(hellos().length).toBeGreaterThan(count), { everyMs: 5 })
  await online()
}

test('the client tries the offer of an ending pod once, and asks the balancer otherwise', async () => {
  const balancer = placed([{ pod: 'one', url: '/ws/one' }])
  await online()
  expect([balancer.asked, server.paths]).toEqual([1, ['/ws/one']])
  await endPod([{ pod: 'other', url: '/ws/other' }])
  expect([balancer.asked, server.paths.at(-1)]).toEqual([1, '/ws/other'])
  await endPod([])
  expect([balancer.asked, server.paths.at(-1)]).toEqual([2, '/ws/one'])
  server.refused = new Set(['/ws/gone'])
  await endPod([{ pod: 'gone', url: '/ws/gone' }])
  expect([balancer.asked, server.paths.at(-1)]).toEqual([3, '/ws/one'])
})

test('when no candidate answers, the client takes any pod of its server', async () => {
  server.refused = new Set(['/ws/one', '/ws/two'])
  const balancer = placed([
    { pod: 'one', url: '/ws/one' },
    { pod: 'two', url: '/ws/two' },
  ])
  await online()
  expect(server.paths).toEqual(['/ws/one', '/ws/two', '/ws'])
  expect(balancer.troubles).toEqual([])
})

test('when the balancer does not answer, the client takes any pod', async () => {
  let asked = 0
  server.onRequest = () => void asked++
  const rest = createRest(server.url)
  connection = new Connection({ rest, tokens, cursors: () => ({}), placeTimeoutMs: 50, ...chance() })
  connection.start()
  await online()
  expect([asked, server.paths]).toEqual([1, ['/ws']])
})

test('when the balancer names no pod, the client connects to none', async () => {
  server.onRequest = (_, response) => response.writeHead(503).end()
  connection = new Connection({ rest: createRest(server.url), tokens, cursors: () => ({}), ...chance() })
  connection.start()
  await eventually(() => expect(connection.state.state).toBe('unavailable'))
  expect(server.paths).toEqual([])
})

test('neither the balancer, nor a pod, nor a redirection can send a token to another host', async () => {
  const thief = await TestServer.start()
  const away = { pod: 'evil', url: `${thief.socketUrl}/ws` }
  const balancer = placed([away, { pod: 'evil', url: `ws://localhost:${server.port}/ws` }])
  await online()
  expect(server.paths).toEqual(['/ws'])
  expect(balancer.troubles).toEqual([
    expect.objectContaining({ code: 'another_host', message: expect.stringContaining(`127.0.0.1:${thief.port}`) }),
    expect.objectContaining({ code: 'another_host', message: expect.stringContaining(`localhost:${server.port}`) }),
  ])
  balancer.candidates = [away, { pod: 'good', url: '/ws/good' }]
  await endPod([away])
  expect(server.paths.at(-1)).toBe('/ws/good')
  // A host is reported again after another one was reported, not twice in a row.
  expect(balancer.troubles).toHaveLength(3)

  server.redirected = new Map([['/ws/good', `${thief.url}/ws`]])
  server.peers.at(-1)!.close(1012)
  await eventually(() => expect(server.paths.slice(-2)).toEqual(['/ws/good', '/ws']), { everyMs: 5 })
  await online()
  expect([thief.paths, thief.peers, thief.frames]).toEqual([[], [], []])
  await thief.stop()
})

test('a pod that a person has named may be on any host', async () => {
  const elsewhere = await TestServer.start()
  elsewhere.onFrame = (peer) => ready(peer)
  connection = new Connection({
    rest: createRest(server.url),
    tokens,
    cursors: () => ({}),
    podUrls: [`${elsewhere.socketUrl}/ws`],
    ...chance(),
  })
  connection.start()
  await online()
  expect(elsewhere.peers).toHaveLength(1)
  await connection.stop()
  await elsewhere.stop()
})

test.each([
  ['a position that is none', { t: 'gap', conversation: newId(), from: 1, to: 1.5, reason: 'retention' }],
  ['an id that is none', { t: 'welcome', conversation: 'x', kind: 'group', groupNo: 1, seq: 1, join: 'external' }],
  [
    'an id as long as a frame may be',
    { t: 'message', conversation: newId(), seq: 1, kind: 'application', id: 'x'.repeat(50_000), from: newId(), at: 1 },
  ],
  ['fields without end', { t: 'synced', more: 'x'.repeat(maxRestLetters) }],
])('a frame with %s is kept nowhere: the client says so, and connects anew', async (_, lie) => {
  const errors: string[] = []
  connection.on('state', (state) => 'error' in state && errors.push(String(state.error)))
  const kept: unknown[] = []
  for (const type of ['gap', 'welcome', 'message', 'synced'] as const) connection.on(type, (frame) => kept.push(frame))
  connection.start()
  await online()
  server.peers[0]!.send(lie as unknown as ServerFrame)
  await eventually(() => expect(hellos()).toHaveLength(2), { everyMs: 5 })
  await online()
  expect(kept).toEqual([])
  expect(errors.join()).toContain('the server sent a')
})

test('frames with unknown kinds and fields are handed on', async () => {
  const seen: unknown[] = []
  connection.on('message', (frame) => seen.push(frame))
  connection.start()
  await online()
  const entry = {
    t: 'message',
    conversation: newId(),
    seq: 1,
    kind: 'poll',
    id: newId(),
    from: newId(),
    at: 1,
    more: 1,
  }
  server.peers[0]!.send(entry as unknown as ServerFrame)
  await eventually(() => expect(seen).toEqual([entry]), { everyMs: 5 })
})

test('a frame above the limit is not read, nor what follows, and the client reports it and connects again', async () => {
  const errors: string[] = []
  connection.on('state', (state) => 'error' in state && errors.push(String(state.error)))
  let gaps = 0
  connection.on('gap', () => void gaps++)
  connection.start()
  await online()
  const lie = { t: 'gap', padding: 'x'.repeat(maxFrameLetters) } as unknown as ServerFrame
  server.peers[0]!.send(lie)
  server.peers[0]!.send({ t: 'gap' } as ServerFrame)
  await eventually(() => expect(hellos()).toHaveLength(2), { everyMs: 5 })
  await online()
  expect(gaps).toBe(0)
  expect(errors.join()).toContain('the server sent a frame of more than 4194304 letters')
})
