import { rosterOfHead, withRoster } from '../groups/roster-of-record.ts'
import type { Context } from './context.ts'
import type { View } from './reading.ts'

/**
 * Returns the conversation as this person last saw it. A device without a state of the group takes
 * the one that another device of the account has stored.
 */
export function lastSeen({ headOf }: Pick<Context, 'headOf'>, view: View): View {
  const head = headOf(view.record.conversation)
  if (view.group || view.record.lawful || !head) return view
  const { groupNo, epoch } = head
  return { ...view, record: { ...withRoster(view.record, rosterOfHead(head)), lawful: { groupNo, epoch } } }
}
