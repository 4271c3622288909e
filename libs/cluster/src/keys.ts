/**
 * The names of all keys and channels in Redis. No data there is precious: an emptied Redis is
 * filled again within seconds.
 *
 * The tag in braces decides the slot in a Redis Cluster. The bus spreads its channels over 256
 * tags, so that one SSUBSCRIBE can take many channels. All keys of the pods share one tag, because
 * one script reads them together.
 */
import type { ConversationId, UserId } from '@fastchat/schema'

/** Enough to use all nodes of any cluster, and few enough for one command per tag. */
export const tagCount = 256

export type Keys = ReturnType<typeof createKeys>

/** Makes the names under a prefix. Users who share a Redis, such as tests, set their own prefix. */
export function createKeys(prefix = 'fc') {
  if (!/^[A-Za-z0-9_:-]+$/.test(prefix)) throw new TypeError('A prefix has only letters, digits and _ : -')
  const pods = `${prefix}:{pods}`
  return {
    /** The channel of new entries in a conversation's log. */
    conversation: (id: ConversationId) => `${prefix}:{b${tagOf(id)}}:${id}`,
    /** The channel of events for all devices of a user. */
    user: (id: UserId) => `${prefix}:{b${tagOf(id)}}:u:${id}`,
    /** The channel of beats, which show that subscriptions of this tag still deliver. */
    canary: (tag: number) => `${prefix}:{b${tag}}:canary`,
    /** ZSET: pod names by the time of their last record (ms, Redis's clock). */
    pods: `${pods}:index`,
    /** HASH with expiry: the statement of a pod and its MAC. The pod's name follows. */
    podRecord: `${pods}:record:`,
    /** ZSET: device ids by the end of the reservation (ms, Redis's clock). Pod name follows. */
    podPending: `${pods}:pending:`,
    /** STRING with expiry: GCRA's arrival time (ms, Redis's clock). Limit name and key follow. */
    rate: `${prefix}:{rate}:`,
    /** Returns the tag in the name of a channel. */
    tagOfChannel: (name: string) => Number(name.slice(prefix.length + 3, name.indexOf('}', prefix.length + 3))),
    /** Returns the subject of one of our channels. */
    parseChannel: (name: string): Channel => {
      const [, first, second] = name.slice(prefix.length + 1).split(':')
      // The casts hold: only names that the functions above made are subscribed.
      if (first === 'u') return { user: second as UserId }
      return first === 'canary' ? 'canary' : { conversation: first as ConversationId }
    },
  } as const
}

export type Channel = { readonly conversation: ConversationId } | { readonly user: UserId } | 'canary'

/**
 * Returns the tag of an id: FNV-1a, 32 bits, mod 256. All pods of all versions must compute the
 * same tag, because a pod that differs would listen to another channel.
 */
export function tagOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % tagCount
}
