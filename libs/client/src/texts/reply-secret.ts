import { createStoreKey } from '@fastchat/crypto'
import type { Store } from '../store/store.ts'

const key = 'replySecret'

/** Returns the secret of this device from which the ids of replies are made, or makes it. */
export async function replySecret(store: Store): Promise<Uint8Array<ArrayBuffer>> {
  const kept = await store.get('meta', key)
  if (kept) return new Uint8Array(kept)
  const made = new Uint8Array(createStoreKey())
  await store.write([{ table: 'meta', key, value: made }])
  return made
}
