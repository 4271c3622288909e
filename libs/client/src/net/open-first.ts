import type { ServerFrame } from '@fastchat/schema'
import { Unreachable } from '../errors.ts'
import { openSocket, type Patience, type Socket } from './socket.ts'

/**
 * Opens a socket to the first pod of `urls` that answers.
 *
 * @throws the error of the last try
 */
export async function openFirst(
  urls: readonly string[],
  onFrame: (frame: ServerFrame) => void,
  stop: AbortSignal,
  waits: Patience,
): Promise<Socket> {
  let last: unknown
  for (const url of urls) {
    if (stop.aborted) break
    try {
      return await openSocket(url, onFrame, stop, waits)
    } catch (error) {
      last = error
    }
  }
  throw last ?? new Unreachable('no pod to connect to')
}
