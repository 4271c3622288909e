import { BackupError, openSegment, sealSegment } from '@fastchat/crypto'
import {
  type BackupSegmentId,
  type ConversationId,
  chatOperations,
  fromBase64Url,
  type IndexedSegment,
  limits,
  type Seq,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import { ServerError } from '../errors.ts'
import type { Api } from '../net/api.ts'
import { spansOf } from './index-contents.ts'
import { decodeLines, encodeLines } from './lines.ts'
import type { Pack } from './pack-lines.ts'
import type { RestoredLine } from './restored-line.ts'

type Owner = { readonly userId: UserId; readonly api: Pick<Api, 'upload' | 'download'> }
type Place = { readonly id: BackupSegmentId; readonly conversation: ConversationId; readonly generation: number }

const pathOf = (id: BackupSegmentId): string => chatOperations.putBackupSegment.path.replace(':segment', id)

/** Seals a pack and uploads it. Returns its line for the index. */
export async function uploadSegment(
  { userId, api }: Owner,
  key: Uint8Array,
  { id, conversation, generation }: Place,
  { ranges, lines }: Pack,
): Promise<IndexedSegment> {
  const context = { userId, generation, segment: id, conversation, ranges }
  const sealed = await sealSegment(key, context, await encodeLines(lines))
  await api.upload(pathOf(id), sealed)
  return {
    ...{ id, conversation, generation },
    // Positions of a log count from 1.
    ranges: ranges.map(([from, to]): [Seq, Seq] => [from as Seq, to as Seq]),
    count: lines.length,
    size: sealed.length,
    sha256: toBase64Url(await sha256(sealed)),
  }
}

/**
 * Downloads a segment and opens it.
 *
 * @returns undefined when the server lacks it, or shows other bytes than the index names
 */
export async function downloadSegment(
  { userId, api }: Owner,
  key: Uint8Array,
  segment: IndexedSegment,
): Promise<readonly RestoredLine[] | undefined> {
  const { id, conversation, generation } = segment
  const ranges = spansOf(segment)
  try {
    const sealed = await api.download(pathOf(id), limits.maxBackupSegmentBytes)
    if (toBase64Url(await sha256(sealed)) !== toBase64Url(fromBase64Url(segment.sha256))) return undefined
    const contents = await openSegment(key, { userId, generation, segment: id, conversation, ranges }, sealed)
    return await decodeLines(contents, { conversation, ranges })
  } catch (error) {
    if (error instanceof BackupError || error instanceof RangeError || error instanceof SyntaxError) return undefined
    if (error instanceof ServerError && (error.code === 'not_found' || error.code === 'too_large')) return undefined
    throw error
  }
}

const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice()))
