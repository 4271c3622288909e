import type { ConversationId, ServerFrame } from '@fastchat/schema'
import { RawSocket } from '@fastchat/tests/raw-socket'
import { seedDevices, seededEpoch, seededGroupNo, seedGroup } from '@fastchat/tests/seed'
import { signTokens } from '@fastchat/tests/sign-tokens'
import { v7 as uuidv7 } from 'uuid'
import { opaqueEnvelope } from '../bench/envelope.ts'
import type { Installation } from './installation.ts'

export type Message = { readonly id: string; readonly envelope: string }

/**
 * A device in a conversation that no other device writes to. A case drives it frame by frame, on as
 * many connections as it wants.
 */
export class Sender {
  readonly #token: string
  readonly conversation: ConversationId

  private constructor(token: string, conversation: ConversationId) {
    this.#token = token
    this.conversation = conversation
  }

  static async seed({ stack }: Installation): Promise<Sender> {
    const query = (text: string, values: unknown[]) => stack.sql(text, values)
    const devices = await seedDevices(query, 1)
    const [token = ''] = await signTokens(stack.signingKeysFile, devices)
    return new Sender(token, await seedGroup(query, devices))
  }

  connect(url: string): Promise<RawSocket> {
    return RawSocket.hello(url, this.#token)
  }

  /** Makes a message. `clockMs` is the time on the device's clock. */
  message(clockMs?: number): Message {
    const id = clockMs === undefined ? uuidv7() : uuidv7({ msecs: clockMs })
    return { id, envelope: opaqueEnvelope(this.conversation).toString('base64url') }
  }

  /**
   * Sends all messages at once, in this order, and resolves with their answers in the same order.
   */
  async send(socket: RawSocket, messages: readonly Message[], { first = false } = {}): Promise<ServerFrame[]> {
    const from = socket.frames.length
    const target = { conversation: this.conversation, groupNo: seededGroupNo, epoch: seededEpoch }
    for (const [n, message] of messages.entries())
      socket.write(JSON.stringify({ t: 'send', ...message, ...target, ...(first && n === 0 && { first: true }) }))
    return await Promise.all(
      messages.map(({ id }) =>
        socket.until((frame) => (frame.t === 'ok' || frame.t === 'error') && frame.id === id, from),
      ),
    )
  }
}

/** Returns the seq that an answer gives the message. Throws when the message was rejected. */
export function seqOf(answer: ServerFrame | undefined): number {
  if (answer?.t !== 'ok' || answer.seq === undefined) throw new Error(`not acked: ${JSON.stringify(answer)}`)
  return answer.seq
}

export const codeOf = (answer: ServerFrame | undefined): string => (answer?.t === 'error' ? answer.code : 'ok')
