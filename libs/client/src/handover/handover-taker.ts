import {
  AttachmentError,
  createHandoverKeys,
  HandoverError,
  isHandoverAnswer,
  openHandover,
  signHandoverAsk,
} from '@fastchat/crypto'
import {
  authOperations,
  formOf,
  fromBase64Url,
  type HandoverAnswer,
  type HandoverPart,
  type HandoverParts,
  HandoverPartsSchema,
  toBase64Url,
} from '@fastchat/schema'
import { downloadFile } from '../attachments.ts'
import { ServerError } from '../errors.ts'
import { newHandoverId } from '../new-id.ts'
import { Batch } from '../store/records.ts'
import type { HandoverPort } from './handover-port.ts'
import { type HandoverRecord, putHandover } from './handover-record.ts'
import { signerOf } from './own-signer.ts'
import { answerIn, slotOf } from './slots.ts'
import { takePart } from './take-part.ts'

/** An ask without an answer is made again after this time, at a connection. */
const askAgainMs = 30 * 60_000
/** Asks of one device. The backup has what no answer brings. */
const maxAsks = 5
/** Answers that one process remembers. */
const maxSettled = 100

const form = formOf(HandoverPartsSchema)

/** Asks the own devices for their history after a sign-in, and takes what one of them gives. */
export class HandoverTaker {
  readonly #port: HandoverPort
  /** The signatures of answers that were taken, or refused. */
  readonly #settled = new Set<string>()
  #record: HandoverRecord

  constructor(record: HandoverRecord, port: HandoverPort) {
    this.#record = record
    this.#port = port
  }

  get record(): HandoverRecord {
    return this.#record
  }

  /**
   * Asks the own devices, if this device has just signed in and there are any.
   *
   * @throws the error of the request when the server does not answer
   */
  async ask(): Promise<void> {
    const { state, asks, askedAt = Number.NEGATIVE_INFINITY } = this.#record
    const { api, identity, clock } = this.#port
    if (state === 'over' || identity.stateKey === undefined) return
    if (state === 'asked' && clock.wallMs() - askedAt < askAgainMs) return
    const { devices } = await api.call(authOperations.listDevices, {})
    const isAlone = devices.every(({ deviceId }) => deviceId === identity.deviceId)
    if (isAlone || asks >= maxAsks) return await this.#end()
    const { privateKey, publicKey } = createHandoverKeys()
    const [id, { userId, deviceId }] = [newHandoverId(), identity]
    const claims = { userId, device: deviceId, id, key: publicKey }
    const sig = toBase64Url(signHandoverAsk(fromBase64Url(identity.signaturePrivate), claims))
    const key = toBase64Url(publicKey)
    const ask = { id, privateKey: toBase64Url(privateKey), publicKey: key }
    await this.#keep({ state: 'asked', ask, askedAt: clock.wallMs(), asks: asks + 1 })
    await this.#port.rows.set(slotOf(deviceId), 'ask', { v: 1, id, device: deviceId, key, sig })
    this.#port.changed()
  }

  /** Returns whether there is an answer to the ask of this device. */
  get isAnswered(): boolean {
    return this.#answer !== undefined
  }

  /**
   * Takes the parts of the answer that are not stored here yet. An interruption repeats one part at
   * most.
   *
   * @throws the error of the request when the server does not answer
   */
  async take(signal: AbortSignal): Promise<void> {
    const answer = this.#answer
    const opened = answer && (await this.#open(answer))
    if (!answer) return
    if (!opened) return this.#settle(answer)
    await this.#keep({ of: opened.parts.length, from: answer.device })
    for (const part of opened.parts) {
      if (signal.aborted) return
      if (!this.#record.done.includes(part.attachment)) await this.#takePart(part)
    }
    this.#settle(answer)
    if (opened.isWhole) await this.#end()
  }

  /** Notes that an answer brings nothing more. */
  #settle({ sig }: HandoverAnswer): void {
    if (this.#settled.size >= maxSettled) this.#settled.clear()
    this.#settled.add(sig)
  }

  get #answer(): HandoverAnswer | undefined {
    const { state, ask } = this.#record
    const answer = state === 'asked' ? answerIn(this.#port.rows, slotOf(this.#port.identity.deviceId)) : undefined
    return answer && answer.id === ask?.id && !this.#settled.has(answer.sig) ? answer : undefined
  }

  /** Returns the parts that a device of this account has sealed for this ask. */
  async #open({ id, device, ...answer }: HandoverAnswer): Promise<HandoverParts | undefined> {
    const { ask } = this.#record
    const { userId, deviceId } = this.#port.identity
    const signer = ask && device !== deviceId ? await signerOf(this.#port, device) : undefined
    if (!ask || !signer) return undefined
    const [key, askKey, sealed] = [answer.key, ask.publicKey, answer.sealed].map(fromBase64Url) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ]
    const claims = { userId, device, id, key, askKey, sealed }
    if (!(await isHandoverAnswer(signer, claims, fromBase64Url(answer.sig)))) return undefined
    const ends = { from: { device, key }, to: { device: deviceId, key: askKey } }
    try {
      const bytes = await openHandover(fromBase64Url(ask.privateKey), key, { userId, id, ...ends }, sealed)
      const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
      return form.accepts(value) ? value : undefined
    } catch (error) {
      if (error instanceof HandoverError || error instanceof SyntaxError) return undefined
      throw error
    }
  }

  /** Takes a part. If the server drops or changes it, its lines are left to the backup. */
  async #takePart(part: HandoverPart): Promise<void> {
    const done = [...this.#record.done, part.attachment]
    try {
      const bytes = await downloadFile(this.#port.api, { ...part, name: '', mime: '' })
      const { touched, ...taken } = await takePart(this.#port, this.#record, bytes)
      await this.#keep({ ...taken, done })
      await this.#port.taken(touched)
    } catch (error) {
      const isRefused = error instanceof ServerError && error.code === 'not_found'
      const isOther = error instanceof AttachmentError || error instanceof RangeError || error instanceof SyntaxError
      if (!isRefused && !isOther) throw error
      await this.#keep({ done })
    }
    this.#port.changed()
  }

  async #end(): Promise<void> {
    const { rows, identity, changed } = this.#port
    const { ask: _, ...rest } = this.#record
    await this.#replace({ ...rest, state: 'over' })
    const slot = slotOf(identity.deviceId)
    if (rows.value(slot, 'ask') !== undefined) {
      await rows.set(slot, 'ask', undefined)
      await rows.set(slot, 'answer', undefined)
    }
    changed()
  }

  async #keep(change: Partial<HandoverRecord>): Promise<void> {
    await this.#replace({ ...this.#record, ...change })
  }

  async #replace(record: HandoverRecord): Promise<void> {
    await this.#port.store.write(putHandover(new Batch(), record).writes)
    this.#record = record
  }
}
