import type { Clock } from '@fastchat/clock'
import type { Pool } from '@fastchat/db'
import type { Logger } from '@fastchat/service'
import type { Announce, EntryLog, Writer } from '../domain/ports.ts'
import { createConversationKeys } from './conversation-keys.ts'
import { createMembership, type Membership } from './membership.ts'
import { createWriter, type WriterDeps } from './writer.ts'

export type WritersOptions = Pick<WriterDeps, 'onAppend' | 'traces'> & {
  /** Takes each entry after its commit. */
  readonly announce: Announce
}

export type WritersDeps = {
  /** The pool for sends alone. */
  readonly sends: Pool
  readonly others: Pool
  readonly entries: Pick<EntryLog, 'page'>
  readonly log: Pick<Logger, 'warn' | 'error'>
  readonly clock: Clock
}

/** The parts of the store that add entries to the log. */
export type Writers = {
  readonly writer: Writer
  readonly membership: Membership
}

/** Creates the writers. They come last, since they announce entries to the pod's delivery. */
export function createWriters(deps: WritersDeps, { announce, ...options }: WritersOptions): Writers {
  const { sends, others, entries, log, clock } = deps
  const keys = createConversationKeys(sends)
  return {
    writer: createWriter({ pool: sends, keys, announce, log, clock, ...options }),
    membership: createMembership({ pool: others, entries, announce, log, now: clock.wallMs }),
  }
}
