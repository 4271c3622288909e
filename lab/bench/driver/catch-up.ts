import type { ConversationId } from '@fastchat/schema'
import { Acks } from './acks.ts'
import type { BacklogPlan } from './calls.ts'
import type { Faults } from './faults.ts'
import { openSocket } from './open-socket.ts'

/**
 * Connects a device and reads its backlog in all conversations, in order and without a gap. The
 * connection stays open, as a person's would.
 *
 * @returns milliseconds until the device had all entries and the pod said that it is synced
 */
export async function catchUp(plan: BacklogPlan, faults: Faults): Promise<number> {
  const startedAt = performance.now()
  const { conversations, firstSeq, entries } = plan
  const next = new Map<ConversationId, number>(conversations.map((id) => [id, firstSeq]))
  const acks = new Map<ConversationId, Acks>()
  await openSocket(
    plan,
    {
      frame(frame) {
        if (frame.t !== 'message') return
        const expected = next.get(frame.conversation)
        if (frame.seq !== expected) faults.add(`received ${frame.seq} instead of ${expected} of what waited`)
        next.set(frame.conversation, frame.seq + 1)
        acks.get(frame.conversation)?.note(frame.seq)
      },
    },
    faults,
    (wire) => {
      for (const id of conversations) acks.set(id, new Acks(wire, id))
    },
  )
  const missing = [...next.values()].filter((seq) => seq !== firstSeq + entries)
  if (missing.length > 0) faults.add(`synced, but ${missing.length} conversations are not complete`)
  return performance.now() - startedAt
}
