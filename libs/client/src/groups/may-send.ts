import { mayWrite } from '@fastchat/crypto/verify'
import type { Payload, Roster, UserId } from '@fastchat/schema'

/**
 * The kinds that a member may send who may only read: a reaction, the deletion of an own message,
 * and a vote when no admin has an account. The server cannot see the kind of a message, so clients check it.
 */
const readerKinds: ReadonlySet<string> = new Set<Payload['kind']>(['reaction', 'delete', 'vote'])

/** Says whether a member may send a payload of this kind in a group. */
export const maySend = (roster: Roster, userId: UserId, kind: string | undefined): boolean =>
  mayWrite(roster, userId) || (kind !== undefined && readerKinds.has(kind))

/** Says whether a message needs the server's permission for members who may only read. */
export const isAsReader = (roster: Roster, userId: UserId): boolean => !mayWrite(roster, userId)
