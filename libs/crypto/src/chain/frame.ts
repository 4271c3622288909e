import { maxPlaintextBytes } from '../mls/padding.ts'
import { chainBytes } from './chain.ts'

/** A position in a device's log, and the chain value there. */
export type ChainPoint = { readonly seq: number; readonly c: Uint8Array }

/** The facts about the sender's log that a message carries inside the encryption. */
export type ChainFrame = {
  /** The last entry of this epoch that the sender had read. Absent after a gap. */
  readonly seen?: ChainPoint
  /** The ends of earlier epochs, latest first. `closings[0]` is of the epoch before this one. */
  readonly closings: readonly (ChainPoint | undefined)[]
  /** Messages that the sender encrypted in this epoch and the server rejected, up to now. */
  readonly voided: number
}

/** The number of earlier epochs whose ends one message may carry. */
export const maxClosings = 8

const version = 1
const headBytes = 4
const pointBytes = 8 + chainBytes
const seenFlag = 1
const maxVoided = 255

/** The largest payload. The rest of a plaintext is reserved for the largest frame. */
export const maxPayloadBytes = maxPlaintextBytes - headBytes - pointBytes * (1 + maxClosings)

/**
 * Puts a frame in front of a payload. The result is
 *
 *     version 1 (1) ‖ flags (1): bit 0 if `seen` is there ‖ voided (1) ‖
 *     closings (1): bit n for the epoch n + 1 before ‖ [seen] ‖ [closings, by ascending bit] ‖
 *     payload
 *
 * Each point takes 28 bytes: seq (8, big endian) ‖ chain value (20). An ordinary message has 32
 * bytes more than its payload.
 */
export function encodeChained({ seen, closings, voided }: ChainFrame, payload: Uint8Array): Uint8Array {
  const told = closings.slice(0, maxClosings)
  const points = [seen, ...told].filter((point) => point !== undefined)
  const bytes = new Uint8Array(headBytes + points.length * pointBytes + payload.length)
  const view = new DataView(bytes.buffer)
  bytes[0] = version
  bytes[1] = seen ? seenFlag : 0
  bytes[2] = Math.min(voided, maxVoided)
  bytes[3] = told.reduce((bits, point, n) => (point ? bits | (1 << n) : bits), 0)
  let at = headBytes
  for (const { seq, c } of points) {
    view.setUint32(at, Math.floor(seq / 2 ** 32))
    view.setUint32(at + 4, seq % 2 ** 32)
    bytes.set(c, at + 8)
    at += pointBytes
  }
  bytes.set(payload, at)
  return bytes
}

/** Splits the result of `encodeChained`. @returns undefined for any other bytes of a member */
export function decodeChained(plaintext: Uint8Array): { frame: ChainFrame; payload: Uint8Array } | undefined {
  const [format, flags = 0, voided = 0, bits = 0] = plaintext
  const view = new DataView(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength)
  if (plaintext.length < headBytes || format !== version || flags > seenFlag) return undefined
  let at = headBytes
  const next = (): ChainPoint | undefined => {
    if (plaintext.length < at + pointBytes) return undefined
    const seq = view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4)
    const c = plaintext.slice(at + 8, at + pointBytes)
    at += pointBytes
    return Number.isSafeInteger(seq) ? { seq, c } : undefined
  }
  const seen = flags === seenFlag ? next() : undefined
  if (flags === seenFlag && !seen) return undefined
  const closings: (ChainPoint | undefined)[] = []
  for (let n = 0; bits >> n > 0; n++) {
    const point = (bits >> n) % 2 === 1 ? next() : undefined
    if ((bits >> n) % 2 === 1 && !point) return undefined
    closings.push(point)
  }
  return { frame: { ...(seen && { seen }), closings, voided }, payload: plaintext.subarray(at) }
}
