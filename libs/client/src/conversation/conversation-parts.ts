import type { LimitWork } from '../limit-work.ts'
import { type ActingParts, afterResult } from './after-result.ts'
import type { Context } from './context.ts'
import { ConversationState } from './conversation-state.ts'
import { DepartureCheck } from './departure-check.ts'
import { Elections } from './elections.ts'
import { Intents } from './intents.ts'
import { LogInbox } from './log-inbox.ts'
import { LogReader } from './log-reader.ts'
import { LogRequest } from './log-request.ts'
import { Outbox } from './outbox.ts'
import { Pruning } from './pruning.ts'
import { ReadPosition } from './read-position.ts'
import { Recovery } from './recovery.ts'
import { Reports } from './reports.ts'
import type { SavedConversation } from './saved-conversation.ts'

/** The parts of a conversation. Each has one task, and all share the state. */
export type ConversationParts = ReturnType<typeof createConversationParts>

type Hooks = {
  /** Announces the group's profile to its members. */
  readonly announce: ActingParts['announce']
  /** Runs after entries were read and acted on. */
  readonly onRead: () => void
}

/** Creates the parts of a conversation and connects them. */
export function createConversationParts(
  context: Context,
  sends: LimitWork,
  { record, group, outbox: waiting, sent }: SavedConversation,
  { announce, onRead }: Hooks,
) {
  const state = new ConversationState(context, { record, group })
  const reports = new Reports(context, state)
  const request = new LogRequest(context, state)
  const inbox = new LogInbox(state, request, context.hasSynced)
  const departures = new DepartureCheck(context, state, reports)
  const intents = new Intents(context, state, { inbox, request, departures, reports })
  const pruning = new Pruning(state, { intents, departures, reports })
  const recovery = new Recovery(context, state, { intents, reports })
  const outbox = new Outbox(context, state, { request, inbox, pruning, reports, sends }, { outbox: waiting, sent })
  const elections = new Elections(context, state, { intents, outbox, reports })
  const acting: ActingParts = { outbox, intents, pruning, recovery, reports, announce }
  const reader = new LogReader(context, state, {
    ...{ inbox, outbox, intents, reports },
    onRead: (results, after) => {
      afterResult(context, state, acting, results, after)
      onRead()
    },
  })
  intents.on('ended', () => outbox.pump())
  intents.on('entryFailed', (error) => void recovery.entryFailed(error).catch(reports.emitError))
  return {
    state,
    reports,
    request,
    inbox,
    intents,
    recovery,
    outbox,
    elections,
    reader,
    readPosition: new ReadPosition(context, state),
  }
}
