import type { BackupSegmentId, ConversationId, UserId } from '@fastchat/schema'
import { openWithGcm, sealWithGcm } from '../account/aes-gcm.ts'
import { BackupError } from './backup-error.ts'

/** The seal of a segment is bound to this. The server can neither move nor relabel it. */
export interface SegmentContext {
  readonly userId: UserId
  readonly generation: number
  readonly segment: BackupSegmentId
  readonly conversation: ConversationId
  /** The positions that it covers, ascending. */
  readonly ranges: readonly (readonly [number, number])[]
}

/** The seal of an index is bound to this. */
export interface BackupIndexContext {
  readonly userId: UserId
  readonly generation: number
  /** Counts the indexes of the account from 1. */
  readonly version: number
}

const segmentLabel = 'fastchat/v1/backup-segment'
const indexLabel = 'fastchat/v1/backup-index'
const lengthBytes = 4
/** The bytes that sealing adds: nonce, length and tag. Padding comes on top. */
export const backupSealBytes = 12 + lengthBytes + 16
/** The smallest padded size. Small segments are many, and their sizes say how much was written. */
const leastBytes = 512

/**
 * Seals a segment with AES-256-GCM under the backup key of its generation. Label, user, generation,
 * segment, conversation and ranges are the associated data.
 *
 * @returns nonce (12) ‖ ciphertext of (length in 4 bytes, big-endian ‖ contents ‖ zeros) ‖ tag (16)
 */
export function sealSegment(
  key: Uint8Array,
  context: SegmentContext,
  contents: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  return sealWithGcm(key, padContents(contents), ofSegment(context))
}

/** @throws {BackupError} unless `sealed` is this segment */
export function openSegment(key: Uint8Array, context: SegmentContext, sealed: Uint8Array): Promise<Uint8Array> {
  return openPadded(key, sealed, ofSegment(context))
}

/** Seals the index of a backup in the same form as a segment. */
export function sealBackupIndex(
  key: Uint8Array,
  context: BackupIndexContext,
  contents: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  return sealWithGcm(key, padContents(contents), ofIndex(context))
}

/** @throws {BackupError} unless `sealed` is the index of this account, version and generation */
export function openBackupIndex(key: Uint8Array, context: BackupIndexContext, sealed: Uint8Array): Promise<Uint8Array> {
  return openPadded(key, sealed, ofIndex(context))
}

/**
 * Returns the size to which `bytes` are padded. A step is a sixteenth to an eighth of the size, and
 * 512 bytes at least.
 */
export function paddedBytes(bytes: number): number {
  const step = Math.max(leastBytes, 2 ** (Math.floor(Math.log2(bytes)) - 3))
  return Math.ceil(bytes / step) * step
}

/** Returns contents behind their length, with zeros up to a size of `paddedBytes`. */
export function padContents(contents: Uint8Array): Uint8Array {
  const padded = new Uint8Array(paddedBytes(lengthBytes + contents.length))
  new DataView(padded.buffer).setUint32(0, contents.length)
  padded.set(contents, lengthBytes)
  return padded
}

/** @throws {RangeError} for fewer bytes than a length has */
export function withoutPadding(padded: Uint8Array): Uint8Array {
  const length = new DataView(padded.buffer, padded.byteOffset, padded.byteLength).getUint32(0)
  return padded.subarray(lengthBytes, lengthBytes + length)
}

async function openPadded(key: Uint8Array, sealed: Uint8Array, associated: string): Promise<Uint8Array> {
  try {
    const padded = await openWithGcm(key, sealed, associated)
    return withoutPadding(padded)
  } catch (cause) {
    throw new BackupError('this part of the backup does not open', { cause })
  }
}

const ofSegment = ({ userId, generation, segment, conversation, ranges }: SegmentContext): string =>
  JSON.stringify([segmentLabel, userId, generation, segment, conversation, ranges])

const ofIndex = ({ userId, generation, version }: BackupIndexContext): string =>
  JSON.stringify([indexLabel, userId, generation, version])
