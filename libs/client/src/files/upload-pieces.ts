import { type AttachmentId, chatOperations, limits } from '@fastchat/schema'
import { ServerError } from '../errors.ts'
import type { Api } from '../net/api.ts'
import type { Backoff } from '../net/backoff.ts'
import type { Store } from '../store/store.ts'
import { patiently } from './patiently.ts'
import { pieceBytes, readPiece } from './stored-pieces.ts'

type Parts = { readonly api: Pick<Api, 'call' | 'upload'>; readonly store: Store; readonly backoff: Backoff }

/** Times that a server may forget an upload. One that always does so would never end. */
const maxGaps = 3

/**
 * Uploads a stored ciphertext, from where the server has it. After a break it asks the server again
 * and goes on there. Resolves when the server has all of it.
 *
 * @throws {ServerError} when the server refuses the file
 */
export async function uploadPieces(
  { api, store, backoff }: Parts,
  attachment: AttachmentId,
  size: number,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (done: number) => void },
): Promise<void> {
  const path = `/v1/attachments/${attachment}`
  let done: number | undefined
  const next = async (): Promise<boolean> => {
    done ??= await received(api, attachment, signal)
    onProgress(done)
    if (done >= size) return false
    const n = Math.floor(done / pieceBytes)
    const piece = await readPiece(store, attachment, n)
    const offset = done
    // The progress is unknown until the answer: without one, only the server knows it.
    done = undefined
    await api.upload(`${path}?offset=${offset}&size=${size}`, piece.subarray(offset - n * pieceBytes), signal)
    done = Math.min(size, (n + 1) * pieceBytes)
    backoff.reset()
    return done < size
  }
  let gaps = 0
  // The server may have forgotten an upload that waited for a day. It begins anew, with the same
  // bytes.
  const afterGap = (error: unknown): true => {
    if (error instanceof ServerError && error.code === 'upload_gap' && gaps++ < maxGaps) return true
    throw error
  }
  while (await patiently(next, { backoff, signal }).catch(afterGap));
  onProgress(size)
}

/** Returns how far the server has the upload: a whole number of steps, or all of it. */
async function received(api: Parts['api'], attachment: AttachmentId, signal: AbortSignal): Promise<number> {
  try {
    const upload = await api.call(chatOperations.getUpload, { params: { attachment }, signal })
    const isWhole = upload.received >= upload.size
    return isWhole ? upload.size : upload.received - (upload.received % limits.uploadStepBytes)
  } catch (error) {
    if (error instanceof ServerError && error.code === 'not_found') return 0
    throw error
  }
}
