import type { ConversationId } from '@fastchat/schema'

/** Proof that a send was admitted. Give it back with the outcome of the send. */
export type Ticket = { readonly gate: ConversationGate; readonly turn: number }

type ConversationGate = { readonly conversation: ConversationId; turn: number; isHeld: boolean; inFlight: number }

/**
 * Keeps one connection's sends to each conversation in the order sent, although some are refused.
 * After a refusal the conversation is held: further sends are refused with `out_of_line`, until a
 * send says `first`.
 *
 * The client sets `first` when it starts again from its oldest unanswered send. By TCP's order,
 * everything that it wrote before it saw the refusal arrives before that send. So no earlier send
 * can overtake it. The writer refuses what it had queued behind the refused send. Such refusals may
 * arrive after the `first`. They belong to the turn before and do not hold the new one. A new
 * connection starts with no conversation held.
 */
export class SendOrderGate {
  #gates: Map<ConversationId, ConversationGate> | undefined
  #held = 0

  /** Returns undefined if the conversation is held: the send must be refused as `out_of_line`. */
  admit(conversation: ConversationId, first: boolean): Ticket | undefined {
    this.#gates ??= new Map()
    let gate = this.#gates.get(conversation)
    if (gate === undefined) {
      gate = { conversation, turn: 0, isHeld: false, inFlight: 0 }
      this.#gates.set(conversation, gate)
    }
    if (first) {
      gate.turn++
      this.#hold(gate, false)
    } else if (gate.isHeld) return undefined
    gate.inFlight++
    return { gate, turn: gate.turn }
  }

  settle({ gate, turn }: Ticket, stored: boolean): void {
    gate.inFlight--
    if (!stored && turn === gate.turn) this.#hold(gate, true)
    if (gate.inFlight === 0 && !gate.isHeld) this.#gates?.delete(gate.conversation)
  }

  /** Number of held conversations. The caller bounds it. */
  get heldCount(): number {
    return this.#held
  }

  /** Number of conversations in memory: held ones, and those with a send in flight. */
  get size(): number {
    return this.#gates?.size ?? 0
  }

  #hold(gate: ConversationGate, isHeld: boolean): void {
    if (gate.isHeld !== isHeld) this.#held += isHeld ? 1 : -1
    gate.isHeld = isHeld
  }
}
