import type { Context } from './context.ts'
import type { View } from './reading.ts'

/** The conversation as this person last saw it: a device that has no state of its group takes what another device of theirs has stored. */
export function lastSeen({ headOf }: Pick<Context, 'headOf'>, view: View): View {
  const head = headOf(view.record.conversation)
  if (view.group || view.record.lawful || !head) return view
  const { groupNo, epoch, roster } = head
  return { ...view, record: { ...view.record, members: roster.members, lawful: { groupNo, epoch } } }
}
