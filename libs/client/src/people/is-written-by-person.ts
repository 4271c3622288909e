import type { Payload } from '@fastchat/schema'

/** The kinds that clients send by themselves, or that say nothing to a reader. */
const automatic: ReadonlySet<Payload['kind']> = new Set(['profile', 'vote', 'card'])

/** Returns whether a person has written this. Writing in a chat accepts it. */
export const isWrittenByPerson = ({ kind }: Payload): boolean => !automatic.has(kind)
