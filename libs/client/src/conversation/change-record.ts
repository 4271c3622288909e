import type { SharedProfile } from '@fastchat/schema'
import type { ConversationState } from './conversation-state.ts'

type State = Pick<ConversationState, 'locked' | 'record' | 'save'>

/** Accepts a chat: it no longer waits as a request. */
export async function acceptRequest(state: State): Promise<void> {
  await state.locked(async () => {
    const { request, ...record } = state.record
    if (request) await state.save(record)
  })
}

/** Ends the present group of an active direct chat, so that the next one is due. */
export async function endDirectGroup(state: State): Promise<void> {
  await state.locked(async () => {
    const { record } = state
    if (record.kind === 'direct' && record.status === 'active')
      await state.save({ ...record, status: 'broken', brokenBy: 'unlawful' })
  })
}

/**
 * Takes the name that another device of this account has read, unless this device knows a later one
 * or will read it itself.
 */
export async function learnName(state: State, { name, seq }: SharedProfile): Promise<void> {
  await state.locked(async () => {
    const { profileSeq, cursor, name: known } = state.record
    const willBeRead = known !== undefined && seq > cursor
    if (seq > profileSeq && !willBeRead) await state.save({ ...state.record, name, profileSeq: seq })
  })
}
