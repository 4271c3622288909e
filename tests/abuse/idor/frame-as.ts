import { type ClientFrame, replies, type ServerFrames } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { RawSocket } from '../../support/raw-socket.ts'
import type { Cast, Role } from './cast.ts'

const patience = { timeoutMs: 60_000, everyMs: 250 }

/**
 * Sends a frame as a role over a real socket. Returns `allow` for a good answer, else the code of
 * the refusal.
 */
export async function frameAs(cast: Cast, role: Role, frame: ClientFrame): Promise<string> {
  return await eventually(async () => {
    const socket = await RawSocket.connect(cast.stack.pod(0))
    const { token } = cast.actors[role]
    if (token !== undefined) {
      socket.write(JSON.stringify({ t: 'hello', id: 'hello', token }))
      const greeting = await socket.until(({ t }) => t === 'synced' || t === 'error')
      if (greeting.t === 'error') return codeOf(greeting)
    }
    const from = socket.frames.length
    socket.write(JSON.stringify(frame))
    // An ack or a signal gets no answer, but the ping after it does.
    if (replies[frame.t].length === 0) socket.write(JSON.stringify({ t: 'ping', id: 'after' }))
    const answer = await socket.until(({ t }) => t === 'ok' || t === 'ready' || t === 'error', from)
    socket.close()
    return answer.t === 'error' ? codeOf(answer) : 'allow'
  }, patience)
}

/**
 * Returns the code of an error. Throws when it is a rate limit, which would hide the answer that is
 * tested.
 */
function codeOf({ code }: ServerFrames['error']): string {
  if (code === 'rate_limited' || code === 'busy') throw new Error(code)
  return code
}
