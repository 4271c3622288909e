import { AttachmentError, createFileHash, encryptPieces, inChunks } from '@fastchat/crypto'
import { fromBase64Url, toBase64Url } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import { Batch } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { OutgoingRecord } from './file-records.ts'
import type { FileSource } from './file-source.ts'
import { pieceBytes, putPiece } from './stored-pieces.ts'

/**
 * Encrypts a file into the store, a piece at a time. Returns the record with the hash of the
 * ciphertext; no byte has left this device then.
 *
 * @throws {ClientError} `file_changed` when the file has other than the announced bytes
 */
export async function encryptToStore(
  store: Store,
  record: OutgoingRecord,
  source: FileSource,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (done: number) => void },
): Promise<OutgoingRecord> {
  const hash = createFileHash()
  const cipher = { key: fromBase64Url(record.key), size: record.size }
  let [n, done] = [0, 0]
  try {
    for await (const piece of inChunks(encryptPieces(cipher, source.open()), pieceBytes)) {
      signal.throwIfAborted()
      hash.update(piece)
      await store.write(putPiece(new Batch(), record.attachment, n++, piece).writes)
      done += piece.length
      onProgress(done)
    }
  } catch (error) {
    if (error instanceof AttachmentError) throw new ClientError('file_changed', undefined, { cause: error })
    throw error
  }
  return { ...record, sha256: toBase64Url(hash.digest()) }
}
