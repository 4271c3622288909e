import type { ChainFrame } from '@fastchat/crypto'
import type { Leaf } from '@fastchat/crypto/verify'
import { toBase64Url } from '@fastchat/schema'
import type { TroubleCode } from '../trouble-words.ts'
import { agrees } from './chain-record.ts'
import type { ChainRecord, Skip } from './chain-types.ts'

/** The view of the log that a message states, as far as it could be read. */
export type SenderView = {
  readonly sender: Leaf
  /** The epoch for which the message was encrypted. */
  readonly epoch: number
  readonly frame: ChainFrame | undefined
  readonly skipped: number
}

export type Finding = {
  readonly code: TroubleCode
  readonly epoch: number
  readonly sender?: Leaf
  readonly at?: number
  readonly count?: number
}

/** The number of devices whose skipped messages are remembered in one epoch. */
const maxSkips = 256

/**
 * Compares the view that a message states with the log that this device read before the message.
 * `kept` is this device's value at `seen`.
 */
export function judgeMessage(chain: ChainRecord, { sender, frame }: SenderView, kept: string | undefined): Finding[] {
  if (!frame?.seen || chain.missing !== undefined) return []
  const findings: Finding[] = []
  const { seen, closings } = frame
  if (agrees(chain, seen, kept) === false)
    findings.push({ code: 'history_differs', epoch: chain.epoch, sender, at: seen.seq })
  for (const [n, end] of closings.entries()) {
    const own = chain.closed[n]
    if (end && own && (end.seq !== own.seq || own.c !== toBase64Url(end.c)))
      findings.push({ code: 'history_differs', epoch: chain.epoch - 1 - n, sender, at: end.seq })
  }
  return findings
}

/**
 * Counts messages of a sender that are not in the log. If the server rejected them, the sender
 * knows that before it encrypts anything after the first message behind the hole, and says so. If
 * the sender has read that message and says nothing, the server withheld them.
 */
export function judgeSkips(
  chain: ChainRecord,
  { sender, frame, skipped }: Omit<SenderView, 'epoch'>,
  seq: number,
): { chain: ChainRecord; findings: Finding[] } {
  if (skipped === 0 && chain.skips === undefined) return { chain, findings: [] }
  const others = (chain.skips ?? []).filter(({ device }) => device !== sender.deviceId)
  const before = chain.skips?.find(({ device }) => device === sender.deviceId)
  const count = (before?.count ?? 0) + skipped
  if (count === 0 || chain.missing !== undefined) return { chain, findings: [] }
  const withSkip = (skip: Skip): ChainRecord => ({ ...chain, skips: [...others, skip].slice(-maxSkips) })
  const { voided = 0, seen } = frame ?? {}
  if (voided >= count) return { chain: withSkip({ device: sender.deviceId, count }), findings: [] }
  const since = before?.since ?? seq
  const isCertain = seen !== undefined && seen.seq >= since && before?.since !== undefined
  const findings: Finding[] = isCertain
    ? [{ code: 'messages_missing', epoch: chain.epoch, sender, count: count - voided }]
    : []
  return { chain: withSkip({ device: sender.deviceId, count, since }), findings }
}
