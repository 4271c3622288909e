import { clientFrames, subprotocol } from '@fastchat/schema'
import WebSocket from 'ws'
import { instanceOf } from './instance-of.ts'
import { mutant } from './mutant.ts'
import { type Random, seeded } from './random.ts'

/** The number of frames per socket, below the pod's limit. */
const framesPerSocket = 500
/** The number of sockets at a time. */
const sockets = 8
/**
 * The number of valid frames before the mutants, so that code behind the checks runs before a
 * mutant closes the socket.
 */
const validFrames = 20

export type Bombardment = {
  readonly url: string
  readonly frames: number
  readonly seed: number
  /** The access token with which every second socket says `hello`. */
  readonly token: string
}

/**
 * Writes mutated frames to a pod. Resolves when the pod has read them all, that is when each socket
 * has answered its close.
 */
export async function bombard({ url, frames, seed, token }: Bombardment): Promise<void> {
  const random = seeded(seed)
  let left = frames
  let turn = 0
  const work = async () => {
    while (left > 0) {
      const count = Math.min(framesPerSocket, left)
      left -= count
      await throwAt(url, { count, random, token: turn++ % 2 === 0 ? token : undefined })
    }
  }
  await Promise.all(Array.from({ length: sockets }, work))
}

async function throwAt(
  url: string,
  { count, random, token }: { count: number; random: Random; token: string | undefined },
): Promise<void> {
  const ws = await connect(url)
  ws.on('error', () => undefined) // the pod may close the socket for broken bytes
  const closed = new Promise<void>((resolve) => ws.once('close', () => resolve()))
  if (token !== undefined) {
    ws.send(JSON.stringify({ t: 'hello', id: 'h', token }))
    await Promise.race([new Promise<void>((resolve) => ws.once('message', () => resolve())), closed])
  }
  for (let n = 0; n < count; n++) {
    const frame = instanceOf(random.pick(Object.values(clientFrames)), random)
    const data = n < validFrames ? JSON.stringify(frame) : mutant(frame, random)
    // A frame over the limit would end the socket, which another test checks.
    ws.send(data.length > 60_000 ? data.slice(0, 60_000) : data, { binary: random.below(50) === 0 })
  }
  ws.close()
  await closed
}

/** Connects to the pod. It may take its time to accept so many. */
async function connect(url: string): Promise<WebSocket> {
  for (let tries = 0; ; tries++) {
    const ws = new WebSocket(url, subprotocol, { perMessageDeflate: false })
    const isOpen = await new Promise<boolean>((resolve) => {
      ws.once('open', () => resolve(true))
      ws.once('error', () => resolve(false))
    })
    if (isOpen) return ws
    if (tries === maxTries) throw new Error('the pod lets nobody in')
    await new Promise((resolve) => setTimeout(resolve, retryMs))
  }
}

const maxTries = 600
const retryMs = 100
