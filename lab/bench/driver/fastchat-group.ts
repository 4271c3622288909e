import { limits, type MessageId, type ServerFrame, type ServerFrames } from '@fastchat/schema'
import { seededEpoch, seededGroupNo, seededSeq } from '@fastchat/tests/seed'
import { v7 as uuidv7 } from 'uuid'
import { Acks } from './acks.ts'
import type { FastChatGroupPlan } from './calls.ts'
import type { Faults } from './faults.ts'
import { Group } from './group.ts'
import type { LaneListener } from './lane.ts'
import { openSocket } from './open-socket.ts'
import type { Wire } from './web-socket.ts'

/** A frame that one member has received, to compare with those of the others. */
type Known = { readonly payload: Buffer; readonly n: number; left: number }

/** Opens the sockets of a group on FastChat. */
export async function openFastChatGroup(
  plan: FastChatGroupPlan,
  listener: LaneListener,
  faults: Faults,
  inTurns: <T>(items: readonly T[], work: (item: T, at: number) => Promise<unknown>) => Promise<void>,
): Promise<Group> {
  const wires: Wire[] = []
  const send = (n: number) => wires[n % plan.senders]!.sendText(log.frameOf(n))
  const { senders } = plan
  const options = { members: plan.members.length, senders, hasAcks: true, maxUnacked: limits.maxUnackedSends, send }
  const group = new Group(options, listener, faults)
  const log = new GroupLog(plan, group, faults)
  await inTurns(plan.members, async (member, at) => {
    const events = {
      known: (payload: Buffer) => log.isKnown(at, payload),
      frame: (frame: ServerFrame, payload: Buffer) => log.read(at, frame, payload),
    }
    wires[at] = await openSocket(member, events, faults, (wire) => log.join(at, new Acks(wire, plan.conversation)))
  })
  return group
}

/**
 * Checks what each member has read of the log: seqs without a gap, the same for all, and the bytes
 * that were sent. A frame is the same for all members, so one is parsed and the others are compared
 * with it.
 */
class GroupLog {
  readonly #plan: FastChatGroupPlan
  readonly #group: Group
  readonly #faults: Faults
  readonly #frameEnd: string
  readonly #ids = new Map<MessageId, number>()
  readonly #known = new Map<number, Known>()
  readonly #seqs: number[] = []
  readonly #acks: Acks[] = []

  constructor(plan: FastChatGroupPlan, group: Group, faults: Faults) {
    this.#plan = plan
    this.#group = group
    this.#faults = faults
    const { conversation, envelope } = plan
    const rest = { conversation, groupNo: seededGroupNo, epoch: seededEpoch, envelope }
    this.#frameEnd = `,${JSON.stringify(rest).slice(1)}`
  }

  join(member: number, acks: Acks): void {
    this.#acks[member] = acks
    this.#seqs[member] = seededSeq
  }

  frameOf(n: number): string {
    // uuidv7 returns UUIDs, the form of a message id.
    const id = uuidv7() as MessageId
    this.#ids.set(id, n)
    return `{"t":"send","id":"${id}"${this.#frameEnd}`
  }

  isKnown(member: number, payload: Buffer): boolean {
    const seq = (this.#seqs[member] ?? 0) + 1
    const known = this.#known.get(seq)
    if (known === undefined || !known.payload.equals(payload)) return false
    this.#received(member, seq, known)
    return true
  }

  read(member: number, frame: ServerFrame, payload: Buffer): void {
    if (frame.t === 'ok') this.#group.acked(this.#ids.get(frame.id as MessageId) ?? -1)
    if (frame.t !== 'message') return
    const n = this.#ids.get(frame.id)
    if (n === undefined || frame.seq !== (this.#seqs[member] ?? 0) + 1 || !this.#isUnchanged(frame, n)) {
      this.#faults.add(`member ${member} received ${frame.seq} after ${this.#seqs[member]}, or not as sent`)
      return
    }
    const known = this.#known.get(frame.seq) ?? { payload: Buffer.from(payload), n, left: this.#plan.members.length }
    if (known.n !== n) this.#faults.add(`${frame.seq} is one message to some members and another to others`)
    this.#known.set(frame.seq, known)
    this.#received(member, frame.seq, known)
  }

  #received(member: number, seq: number, known: Known): void {
    this.#seqs[member] = seq
    // Message ids are kept: an ack may come after the last delivery.
    if (--known.left === 0) this.#known.delete(seq)
    this.#acks[member]!.note(seq)
    this.#group.received(member, known.n)
  }

  #isUnchanged({ envelope, from }: ServerFrames['message'], n: number): boolean {
    return envelope === this.#plan.envelope && from === this.#plan.members[n % this.#plan.senders]?.deviceId
  }
}
