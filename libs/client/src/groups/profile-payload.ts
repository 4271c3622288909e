import { type Payload, toBase64Url } from '@fastchat/schema'
import type { ConversationRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { storedPicture } from './picture.ts'

type Profile = Extract<Payload, { kind: 'profile' }>
/** The changes that an announcement makes. An empty topic or picture removes it. */
export type ProfileChange = Partial<Pick<Profile, 'name' | 'topic' | 'picture'>>

/**
 * Returns the announcement of a group's profile as this device knows it, with a change. Undefined
 * while no name is known.
 */
export async function profilePayload(
  store: Pick<Store, 'get'>,
  { conversation, name, topic, picture: hash }: ConversationRecord,
  change: ProfileChange = {},
): Promise<Profile | undefined> {
  const written = change.name ?? name
  if (written === undefined) return undefined
  const bytes = hash === undefined ? undefined : await storedPicture(store, conversation)
  const known = { ...(topic !== undefined && { topic }), ...(bytes && { picture: toBase64Url(bytes) }) }
  return { v: 1, kind: 'profile', name: written, ...known, ...change }
}
