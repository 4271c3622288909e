import { type AttachmentId, limits } from '@fastchat/schema'
import type { Batch } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** The size of a piece: two steps of an upload. One request carries it in a few seconds. */
export const pieceBytes = 2 * limits.uploadStepBytes

/** Returns the number of pieces of so many bytes. */
export const pieceCount = (bytes: number): number => Math.ceil(bytes / pieceBytes)

const keyOf = (id: AttachmentId, n: number): string => `piece/${id}/${String(n).padStart(6, '0')}`

/** Reads one piece of a stored ciphertext. */
export async function readPiece(store: Store, id: AttachmentId, n: number): Promise<Uint8Array<ArrayBuffer>> {
  const piece = await store.get('files', keyOf(id, n))
  if (!piece) throw new RangeError('a piece of a file is missing')
  return piece.slice()
}

/** Adds one piece to a batch. */
export const putPiece = (batch: Batch, id: AttachmentId, n: number, bytes: Uint8Array): Batch =>
  batch.putBytes('files', keyOf(id, n), bytes)

/** Adds the removal of all pieces to a batch. */
export function removePieces(batch: Batch, id: AttachmentId, count: number): Batch {
  for (let n = 0; n < count; n++) batch.remove('files', keyOf(id, n))
  return batch
}

/** Yields the stored pieces in order. */
export async function* readPieces(store: Store, id: AttachmentId, count: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n++) yield await readPiece(store, id, n)
}
