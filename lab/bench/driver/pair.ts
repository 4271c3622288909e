import { limits, type MessageId, type ServerFrame, type ServerFrames } from '@fastchat/schema'
import { seededEpoch, seededGroupNo } from '@fastchat/tests/seed'
import { v7 as uuidv7 } from 'uuid'
import { Acks } from './acks.ts'
import type { FastChatPairPlan } from './calls.ts'
import type { Faults } from './faults.ts'
import type { Lane, LaneListener } from './lane.ts'
import type { Wire } from './web-socket.ts'

type Message = { readonly id: MessageId; readonly fromMs: number; isAcked: boolean; isDelivered: boolean }

/** A receipt of the SDK has this many bytes. Pods do not look into it. */
const receiptBody = Buffer.alloc(12 + 64 + 128 + 16, 7).toString('base64url')
const receiptEveryMs = 1_000
/** Receipts may be lost, but not all of them. */
const maxLostReceipts = 2

/**
 * A sender and a receiver of one conversation. Only this sender writes there, so each message's seq
 * is known when it is sent. Acks and deliveries must have these seqs, in this order, and the bytes
 * that were sent.
 */
export class Pair implements Lane {
  readonly #plan: FastChatPairPlan
  readonly #sender: Wire
  readonly #receiver: Wire
  readonly #acks: { readonly sender: Acks; readonly receiver: Acks }
  readonly #listener: LaneListener
  readonly #faults: Faults
  readonly #frameEnd: string
  readonly #open = new Map<number, Message>()
  #sentSeq: number
  #ackedSeq: number
  /** The sender's own device receives its messages, too: all devices see the same order. */
  #ownSeq: number
  #deliveredSeq: number
  /** The frame of a receipt. Undefined while receipts are off. */
  #receipt: string | undefined
  #receiptTimer: NodeJS.Timeout | undefined
  #receiptsSent = 0
  #receiptsCame = 0

  constructor(
    plan: FastChatPairPlan,
    wires: { readonly sender: Wire; readonly receiver: Wire },
    listener: LaneListener,
    faults: Faults,
  ) {
    this.#plan = plan
    this.#sentSeq = this.#ackedSeq = this.#ownSeq = this.#deliveredSeq = plan.lastSeq
    this.#sender = wires.sender
    this.#receiver = wires.receiver
    this.#acks = {
      sender: new Acks(wires.sender, plan.conversation),
      receiver: new Acks(wires.receiver, plan.conversation),
    }
    this.#listener = listener
    this.#faults = faults
    const { conversation, envelope } = plan
    const rest = { conversation, groupNo: seededGroupNo, epoch: seededEpoch, envelope }
    this.#frameEnd = `,${JSON.stringify(rest).slice(1)}`
  }

  get maySend(): boolean {
    return this.#sentSeq - this.#ackedSeq < limits.maxUnackedSends
  }

  get openCount(): number {
    return this.#open.size
  }

  get sentCount(): number {
    return this.#sentSeq - this.#plan.lastSeq
  }

  get isIdle(): boolean {
    return Math.min(this.#ackedSeq, this.#ownSeq, this.#deliveredSeq) === this.#sentSeq
  }

  send(fromMs: number): void {
    // uuidv7 returns UUIDs, the form of a message id.
    const id = uuidv7() as MessageId
    this.#sentSeq++
    this.#open.set(this.#sentSeq, { id, fromMs, isAcked: false, isDelivered: false })
    this.#sender.sendText(`{"t":"send","id":"${id}"${this.#frameEnd}`)
  }

  tellReceipts(isOn: boolean): void {
    if (this.#receiptsSent > maxLostReceipts && this.#receiptsCame === 0) this.#faults.add('no receipt has come')
    this.#receiptsSent = this.#receiptsCame = 0
    const { conversation } = this.#plan
    const signal = { t: 'signal', conversation, groupNo: seededGroupNo, epoch: seededEpoch, body: receiptBody }
    this.#receipt = isOn ? JSON.stringify({ ...signal, keep: true }) : undefined
  }

  /** Sends one receipt a second for all messages in it, as the SDK does. */
  #noteReceipt(): void {
    if (this.#receipt === undefined) return
    this.#receiptTimer ??= setTimeout(() => {
      this.#receiptTimer = undefined
      if (this.#receipt === undefined) return
      this.#receiptsSent++
      this.#receiver.sendText(this.#receipt)
    }, receiptEveryMs)
  }

  toSender(frame: ServerFrame): void {
    if (frame.t === 'ok') this.#ack(frame)
    if (frame.t === 'signaled') this.#receiptsCame++
    if (frame.t !== 'message') return
    if (frame.seq !== this.#ownSeq + 1) this.#faults.add(`sender received ${frame.seq} after ${this.#ownSeq}`)
    this.#ownSeq = frame.seq
    this.#acks.sender.note(frame.seq)
  }

  toReceiver(frame: ServerFrame): void {
    if (frame.t !== 'message') return
    const message = this.#open.get(frame.seq)
    if (frame.seq !== this.#deliveredSeq + 1 || message?.id !== frame.id || !this.#isUnchanged(frame)) {
      this.#faults.add(`received ${frame.seq} after ${this.#deliveredSeq}, or not as sent`)
      return
    }
    this.#deliveredSeq++
    message.isDelivered = true
    this.#listener.delivered(performance.now() - message.fromMs)
    this.#acks.receiver.note(frame.seq)
    this.#noteReceipt()
    this.#settle(frame.seq, message)
  }

  checkNothingMissing(): void {
    if (this.isIdle) return
    const counts = [this.#ackedSeq, this.#deliveredSeq, this.#ownSeq].map((seq) => seq - this.#plan.lastSeq)
    this.#faults.add(`of ${this.sentCount} sent only [acked, delivered, own] ${counts} came`)
  }

  #ack({ id, seq, duplicate }: ServerFrames['ok']): void {
    const message = seq === undefined ? undefined : this.#open.get(seq)
    if (seq !== this.#ackedSeq + 1 || message?.id !== id || duplicate) {
      this.#faults.add(`acked ${seq} after ${this.#ackedSeq}, or not as sent`)
      return
    }
    this.#ackedSeq++
    message.isAcked = true
    this.#listener.acked(performance.now() - message.fromMs)
    this.#settle(seq, message)
  }

  #isUnchanged({ envelope, from }: ServerFrames['message']): boolean {
    return envelope === this.#plan.envelope && from === this.#plan.sender.deviceId
  }

  #settle(seq: number, { isAcked, isDelivered }: Message): void {
    if (!isAcked || !isDelivered) return
    this.#open.delete(seq)
    this.#listener.done(this)
  }
}
