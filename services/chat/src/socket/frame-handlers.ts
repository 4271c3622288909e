import type { MonotonicMs } from '@fastchat/clock'
import type { ClientFrames } from '@fastchat/schema'
import { AppError, type DeviceActor } from '@fastchat/service'
import { takeToken } from '@fastchat/service/token-bucket'
import { handleSend, type SendDeps } from './handle-send.ts'
import { handleSignal, handleSignals, type SignalDeps } from './handle-signal.ts'
import { costlyRate, type OpenDevice } from './open-device.ts'
import type { FrameType } from './parse-frame.ts'

/** The handlers of an open connection's frames. An error that one throws answers the frame's id. */
export type FrameHandlers = {
  readonly [T in FrameType]: (device: OpenDevice, frame: ClientFrames[T]) => void | Promise<void>
}

export type FrameHandlerDeps = {
  readonly verify: (token: string) => Promise<DeviceActor>
  readonly send: SendDeps
  readonly signal: SignalDeps
  readonly monotonicMs: () => MonotonicMs
}

/** Creates the frame handlers that all connections of a pod share. */
export function createFrameHandlers({ verify, send, signal, monotonicMs }: FrameHandlerDeps): FrameHandlers {
  /** @throws AppError `rate_limited` */
  function takeCostly({ costly }: OpenDevice): void {
    const retryMs = takeToken(costly, costlyRate, monotonicMs())
    if (retryMs > 0) throw new AppError('rate_limited', undefined, { retryMs })
  }

  return {
    hello() {
      throw new AppError('bad_request')
    },

    async token(device, { id, token }) {
      takeCostly(device)
      const { userId, deviceId, expiresAt } = await verify(token)
      const { session } = device
      if (userId !== session.userId || deviceId !== session.deviceId) throw new AppError('forbidden')
      device.tokenEndsAt = Math.max(device.tokenEndsAt, expiresAt)
      device.connection.send({ t: 'ok', id })
    },

    send: (device, frame) => handleSend(send, device, frame),

    async fetch(device, { id, conversation, after }) {
      const { feed, connection } = device
      takeCostly(device)
      await feed.membershipsRead()
      if (!feed.has(conversation)) throw new AppError('not_found')
      connection.send({ t: 'ok', id })
      feed.rewind(conversation, after)
    },

    ack({ feed }, { conversation, seq }) {
      feed.ack(conversation, seq)
    },

    signal: (device, frame) => handleSignal(signal, device, frame),

    async signals(device, frame) {
      takeCostly(device)
      await handleSignals(signal, device, frame)
    },

    ping({ connection }, { id }) {
      connection.send({ t: 'ok', id })
    },
  }
}
