import type { ConversationId } from '@fastchat/schema'

/** Proof of having been let through; give it back with the outcome. */
export type Ticket = { readonly line: Line; readonly turn: number }

type Line = { readonly conversation: ConversationId; turn: number; isHeld: boolean; inFlight: number }

/**
 * Keeps one connection's sends of each conversation in the order sent, although some are refused: after any refusal the
 * conversation's line is held, and whatever comes is turned away (`out_of_line`), until a send says `first`.
 *
 * The client says it when it starts again from its oldest unanswered send. All that it wrote before it knew of the refusal
 * comes, by TCP's order, before that one, so none of it can overtake. What had been passed to the writer already before the
 * refusal is the writer's to turn away; its refusals may come in after the `first` and then concern the turn before, so
 * they do not hold the new one. A new connection starts with no hold.
 */
export class LineHold {
  #lines: Map<ConversationId, Line> | undefined
  #held = 0

  /** Undefined: the line is held; the send must be refused as `out_of_line`. */
  admit(conversation: ConversationId, first: boolean): Ticket | undefined {
    this.#lines ??= new Map()
    let line = this.#lines.get(conversation)
    if (line === undefined) {
      line = { conversation, turn: 0, isHeld: false, inFlight: 0 }
      this.#lines.set(conversation, line)
    }
    if (first) {
      line.turn++
      this.#hold(line, false)
    } else if (line.isHeld) return undefined
    line.inFlight++
    return { line, turn: line.turn }
  }

  settle({ line, turn }: Ticket, stored: boolean): void {
    line.inFlight--
    if (!stored && turn === line.turn) this.#hold(line, true)
    if (line.inFlight === 0 && !line.isHeld) this.#lines?.delete(line.conversation)
  }

  /** Lines that wait for a `first`; the caller bounds them. */
  get heldCount(): number {
    return this.#held
  }

  /** Lines that are remembered. */
  get size(): number {
    return this.#lines?.size ?? 0
  }

  #hold(line: Line, isHeld: boolean): void {
    if (line.isHeld !== isHeld) this.#held += isHeld ? 1 : -1
    line.isHeld = isHeld
  }
}
