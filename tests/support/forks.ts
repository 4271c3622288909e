/**
 * Lies about the log of one conversation: the client sees another log, without gaps and renumbered,
 * as a careful liar would show it.
 */
import type { ConversationId, Seq, ServerFrame, ServerFrames } from '@fastchat/schema'
import type { Lie } from './lying-pod.ts'

type Message = ServerFrames['message']

/** Leaves out the entry at a position. Later entries, and the acks of later sends, move up. */
export const dropping = (conversation: ConversationId, dropped: number): Lie =>
  onLog(
    conversation,
    (frame) => {
      if (frame.seq === dropped) return []
      return [frame.seq > dropped ? at(frame, frame.seq - 1) : frame]
    },
    (seq) => (seq > dropped ? seq - 1 : seq),
  )

/** Leaves out the messages of a device after a position. */
export function withholding(conversation: ConversationId, device: string, after: number): Lie {
  const left = new Set<number>()
  const moved = (seq: number) => seq - [...left].filter((gone) => gone < seq).length
  return onLog(
    conversation,
    (frame) => {
      if (frame.seq > after && frame.from === device && frame.kind === 'application') left.add(frame.seq)
      return left.has(frame.seq) ? [] : [at(frame, moved(frame.seq))]
    },
    moved,
  )
}

/** Inserts an entry after a position. Later entries move down. */
export const inserting = (conversation: ConversationId, after: number, made: (before: Message) => Message): Lie =>
  onLog(
    conversation,
    (frame) => {
      if (frame.seq > after) return [at(frame, frame.seq + 1)]
      return frame.seq === after ? [frame, at(made(frame), after + 1)] : [frame]
    },
    (seq) => (seq > after ? seq + 1 : seq),
  )

/** Exchanges the entry at a position with the next one. */
export function swapping(conversation: ConversationId, first: number): Lie {
  let held: Message | undefined
  return onLog(conversation, (frame) => {
    if (frame.seq === first) {
      held = frame
      return []
    }
    if (frame.seq !== first + 1 || !held) return [frame]
    return [at(frame, first), at(held, first + 1)]
  })
}

/** Changes the entry at a position. */
export const changing = (conversation: ConversationId, seq: number, change: (frame: Message) => Message): Lie =>
  onLog(conversation, (frame) => [frame.seq === seq ? change(frame) : frame])

/** Returns an entry that no client shows: a leave statement that nobody signed. */
export const junk = (frame: Message): Message => ({
  ...frame,
  kind: 'leave',
  id: `${frame.id.slice(0, -4)}beef` as Message['id'],
  envelope: 'e30',
})

const at = (frame: Message, seq: number): Message => ({ ...frame, seq: seq as Seq })

/**
 * Applies `lie` to the entries of one log. `moved` returns the position in the false log for one in
 * the server's log; acks are changed accordingly.
 */
function onLog(
  conversation: ConversationId,
  lie: (frame: Message) => readonly Message[],
  moved: (seq: number) => number = (seq) => seq,
): Lie {
  return (frame: ServerFrame) => {
    if (frame.t === 'message' && frame.conversation === conversation) return lie(frame)
    if (frame.t === 'ok' && frame.seq !== undefined) return [{ ...frame, seq: moved(frame.seq) as Seq }]
    return [frame]
  }
}
