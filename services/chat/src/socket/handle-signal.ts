import type { MonotonicMs } from '@fastchat/clock'
import type { ClientFrames, Epoch, GroupNo } from '@fastchat/schema'
import { AppError, fromCheckedBase64Url, toBase64Url } from '@fastchat/service'
import type { FanOut } from '../delivery/fan-out.ts'
import type { SignalKeeper } from '../delivery/signal-keeper.ts'
import type { Overload } from '../domain/overload.ts'
import type { DeviceKey } from '../domain/ports.ts'
import type { SignalStore } from '../domain/signals.ts'
import type { TokenBuckets } from '../domain/token-buckets.ts'
import type { OpenDevice } from './open-device.ts'

export type SignalDeps = {
  readonly fanOut: Pick<FanOut, 'announceSignal'>
  readonly keeper: Pick<SignalKeeper, 'note'>
  readonly store: Pick<SignalStore, 'changed'>
  readonly overload: Pick<Overload, 'refusesSends'>
  /** Rates by device. They outlive a connection. */
  readonly rates: Pick<TokenBuckets<DeviceKey>, 'take'>
  readonly counts: SignalCounts
  readonly monotonicMs: () => MonotonicMs
}

export type SignalResult = 'passed' | 'no_leaf' | 'rate_limited' | 'busy'
export type SignalCounts = Map<SignalResult, number>

/** Kept signals in one answer. With the largest bodies it stays below the limit of a socket. */
const maxSignalsPerAnswer = 1_000

/**
 * Passes a device's signal to the connected devices of the conversation. A signal that cannot pass
 * is dropped without an answer: when the device has no leaf, sends too many, or the pod is busy.
 */
export function handleSignal(deps: SignalDeps, device: OpenDevice, frame: ClientFrames['signal']): void {
  const { counts, keeper, fanOut } = deps
  const { session, feed } = device
  const result = judge(deps, device, frame)
  counts.set(result, (counts.get(result) ?? 0) + 1)
  if (result !== 'passed') return
  const { conversation, groupNo, epoch, body } = frame
  fanOut.announceSignal(session.device, { conversation, groupNo, epoch, device: session.deviceId, body })
  const key = feed.keyOf(conversation)
  if (frame.keep && key !== undefined)
    keeper.note({ device: session.device, key, groupNo, epoch, body: fromCheckedBase64Url(body) })
}

function judge(deps: SignalDeps, { session, feed }: OpenDevice, frame: ClientFrames['signal']): SignalResult {
  const { overload, rates, monotonicMs } = deps
  if (rates.take(session.device, monotonicMs()) > 0) return 'rate_limited'
  if (overload.refusesSends) return 'busy'
  return feed.hasLeaf(frame.conversation) ? 'passed' : 'no_leaf'
}

/** Sends a device the kept signals of its conversations that have changed. */
export async function handleSignals(
  { store }: SignalDeps,
  device: OpenDevice,
  { id, since }: ClientFrames['signals'],
): Promise<void> {
  const { session, connection } = device
  if (connection.isFull) throw new AppError('busy', undefined, { retryMs: fullRetryMs })
  const { signals, at } = await store.changed(session, since, maxSignalsPerAnswer)
  for (const { conversation, groupNo, epoch, deviceId, body } of signals) {
    // The casts hold, since the values came by a frame of the contract.
    const where = { conversation, groupNo: groupNo as GroupNo, epoch: epoch as Epoch }
    connection.send({ t: 'signaled', ...where, device: deviceId, body: toBase64Url(body) })
  }
  connection.send({ t: 'ok', id, at })
}

/** The time in which a slow client reads on. */
const fullRetryMs = 5_000
