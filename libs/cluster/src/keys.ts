/**
 * Every key and channel name in Redis. Nothing in there outlives its usefulness: an emptied Redis is rebuilt within seconds.
 *
 * Tags in braces decide the slot in a Redis Cluster. The bus spreads its channels over 256 tags, so that SSUBSCRIBE can take
 * many channels in one command; all keys of the pods share one tag, since one script reads them together.
 */
import type { ConversationId, UserId } from '@fastchat/schema'

/** Enough to spread over the nodes of any cluster, few enough that one command per tag stays cheap. */
export const tagCount = 256

export type Keys = ReturnType<typeof createKeys>

/** `prefix`: who shares a Redis with others (tests, above all) sets their own. */
export function createKeys(prefix = 'fc') {
  if (!/^[A-Za-z0-9_:-]+$/.test(prefix)) throw new TypeError('A prefix has only letters, digits and _ : -')
  const pods = `${prefix}:{pods}`
  return {
    /** Channel: new entries of the conversation's log. */
    conversation: (id: ConversationId) => `${prefix}:{b${tagOf(id)}}:${id}`,
    /** Channel: news for every device of the user. */
    user: (id: UserId) => `${prefix}:{b${tagOf(id)}}:u:${id}`,
    /** Channel: a beat that shows that subscriptions of this tag still deliver. */
    canary: (tag: number) => `${prefix}:{b${tag}}:canary`,
    /** ZSET of pod names by the time of their last record (ms, Redis's clock). */
    pods: `${pods}:index`,
    /** HASH, expiring: what a pod says about itself, and its MAC. The pod's name follows. */
    podRecord: `${pods}:record:`,
    /** ZSET of device ids by the end of their reservation (ms, Redis's clock). The pod's name follows. */
    podPending: `${pods}:pending:`,
    /** STRING, expiring: until when what was used of a rate lasts (ms, Redis's clock). The limit's name and the key follow. */
    rate: `${prefix}:{rate}:`,
    /** The tag that is part of a channel's name. */
    tagOfChannel: (name: string) => Number(name.slice(prefix.length + 3, name.indexOf('}', prefix.length + 3))),
    /** What a channel of ours is about. */
    parseChannel: (name: string): Channel => {
      const [, first, second] = name.slice(prefix.length + 1).split(':')
      // The casts hold because the name is one that the functions above made: nothing else is subscribed.
      if (first === 'u') return { user: second as UserId }
      return first === 'canary' ? 'canary' : { conversation: first as ConversationId }
    },
  } as const
}

export type Channel = { readonly conversation: ConversationId } | { readonly user: UserId } | 'canary'

/** FNV-1a, 32 bits, mod 256: the same for all pods and versions, for ever (a pod that disagrees listens elsewhere). */
export function tagOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % tagCount
}
