import { isAdmin, mayWrite } from '@fastchat/crypto/verify'
import { Trouble } from '../trouble.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import type { Intents } from './intents.ts'
import type { Outbox } from './outbox.ts'
import type { Pruning } from './pruning.ts'
import type { ReadResult, Snapshot } from './read-result.ts'
import type { Recovery } from './recovery.ts'
import type { Reports } from './reports.ts'

/** The parts of a conversation that act on results. */
export type ActingParts = {
  readonly outbox: Outbox
  readonly intents: Intents
  readonly pruning: Pruning
  readonly recovery: Recovery
  readonly reports: Reports
  /** Announces the group's name, topic and picture to its members. */
  readonly announce: () => Promise<void>
}

/** Shows results that are stored, counts them, and starts what follows from them. */
export function afterResult(
  context: Context,
  state: ConversationState,
  parts: ActingParts,
  results: readonly ReadResult[],
  after: Snapshot,
): void {
  const wasBroken = state.record.status === 'broken'
  state.replace(after)
  show(context, parts, results)
  context.events.emit('conversation', after.record)
  if (wasBroken && after.record.status === 'active') context.counters.rejoins++
  if (results.some(({ hasRunBack, entries }) => hasRunBack && entries.length > 0)) {
    const { conversation, cursor: seq } = after.record
    context.events.emit('trouble', new Trouble({ code: 'home_restored' }, { conversation, seq }))
  }
  for (const { adopted, newcomers, usedKeyPackage, trouble, isMisleading } of results) {
    // Any member may replace a misleading group info by an empty commit; the first one is enough.
    if (isMisleading) parts.pruning.renewEpoch()
    if (adopted) parts.intents.adopted(adopted)
    if (trouble) parts.recovery.recover()
    if (usedKeyPackage) context.keyPackages.refill().catch(parts.reports.emitError)
    if (newcomers) followed(state, parts, newcomers)
  }
  // One announcement answers all false ones that were read together.
  if (results.some(({ isFalseProfile }) => isFalseProfile)) correctProfile(state, parts)
}

function show({ counters, events }: Context, { outbox, reports }: ActingParts, results: readonly ReadResult[]): void {
  for (const result of results) {
    const { sent, entries, undecryptable, wrongSender, senderView, alarms = [], troubles = [], isOut, record } = result
    if (sent) outbox.dropped(sent.id, sent)
    if (isOut) outbox.abandoned()
    for (const entry of entries) if (entry.type !== 'mark') events.emit('entry', entry)
    if (undecryptable) counters.undecryptable++
    if (senderView) counters.skipped += senderView.skipped
    for (const alarm of alarms) reports.alarm(alarm)
    for (const line of troubles) reports.emitTrouble(line)
    if (!wrongSender) continue
    counters.wrongSenders++
    const { conversation } = record
    events.emit('trouble', new Trouble({ code: 'wrong_sender' }, { conversation, seq: entries.at(-1)?.seq }))
  }
}

/**
 * Announces the group's name after another device's commit, since newcomers may not know it. Among
 * the other devices that may write the one with the lowest leaf does so.
 */
function followed(
  { record, group }: ConversationState,
  { intents, reports, announce }: ActingParts,
  newcomers: readonly number[],
): void {
  intents.followed()
  if (newcomers.length === 0 || record.name === undefined || !group) return
  const { roster } = group
  const others = group
    .members()
    .filter(({ leafIndex, userId }) => !newcomers.includes(leafIndex) && mayWrite(roster, userId))
  if (others[0]?.leafIndex !== group.ownLeafIndex) return
  announce().catch(reports.emitError)
}

/**
 * Announces the group's profile after a member who is not an admin announced another one. A new
 * member may have believed that. Of the admins' devices the one with the lowest leaf does so.
 */
function correctProfile({ record, group }: ConversationState, { reports, announce }: ActingParts): void {
  const admins = group?.members().filter(({ userId }) => isAdmin(group.roster, userId))
  if (!group || record.status !== 'active' || admins?.[0]?.leafIndex !== group.ownLeafIndex) return
  announce().catch(reports.emitError)
}
