import { createHandoverKeys, isHandoverAsk, sealHandover, signHandoverAnswer } from '@fastchat/crypto'
import {
  type DeviceId,
  fromBase64Url,
  type HandoverAsk,
  type HandoverPart,
  type HandoverParts,
  toBase64Url,
} from '@fastchat/schema'
import { uploadFile } from '../attachments.ts'
import { pause } from '../net/backoff.ts'
import { Serial } from '../serial.ts'
import { Batch, getRecord } from '../store/records.ts'
import { collectParts } from './collect-parts.ts'
import type { HandoverPort } from './handover-port.ts'
import { signerOf } from './own-signer.ts'
import { encodePart } from './part-contents.ts'
import { answerIn, askIn, slotOf, slots } from './slots.ts'

/**
 * A device gets this device's history only within a day after this device has first seen it. So a
 * device that the account has had for long gets nothing, even if the server hides its revocation.
 */
const newForMs = 24 * 60 * 60_000
/** The answers that one device gets: a broken handover begins anew. */
const maxAnswers = 3
/** New devices, and answers, that are remembered. */
const maxRemembered = 50
/** The delay before an answer is up to this: of several own devices one answers. */
const jitterMs = 400

type Given = {
  /** When this device first saw a new device of the account. */
  readonly seen: Readonly<Record<DeviceId, number>>
  readonly answered: readonly { readonly id: string; readonly device: DeviceId }[]
}

const metaKey = 'handoverGiven'

/** Gives the history of this device to a new device of the account that asks for it. */
export class HandoverGiver {
  readonly #port: HandoverPort
  readonly #serial = new Serial()
  #stopping = new AbortController()
  /** Asks that no new device of this account has made. */
  readonly #refused = new Set<string>()
  #isDue = false

  constructor(port: HandoverPort) {
    this.#port = port
  }

  /** Notes a device that has signed in to the account, and that this device has not seen before. */
  async sawNew(device: DeviceId): Promise<void> {
    if (this.#stopping.signal.aborted) return
    await this.#serial.run(async () => {
      const given = await this.#read()
      // The cast holds because only device ids are written as keys.
      const known = Object.entries(given.seen) as [DeviceId, number][]
      const seen = [...known, [device, this.#port.clock.wallMs()] as const].slice(-maxRemembered)
      await this.#keep({ ...given, seen: Object.fromEntries(seen) })
    })
    this.look()
  }

  /** Looks for asks. A failed answer is repeated at the next look. */
  look(): void {
    if (this.#isDue || this.#stopping.signal.aborted) return
    this.#isDue = true
    void this.#serial
      .run(async () => {
        this.#isDue = false
        for (const slot of slots) {
          const ask = askIn(this.#port.rows, slot)
          if (ask && slotOf(ask.device) === slot) await this.#answer(ask)
        }
      })
      .catch(() => {})
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#serial.idle()
  }

  /** Goes on after `stop`. */
  start(): void {
    if (this.#stopping.signal.aborted) this.#stopping = new AbortController()
  }

  /** Resolves when this object no longer uses the store. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#serial.idle()
  }

  async #answer(ask: HandoverAsk): Promise<void> {
    const { identity, rows, clock, random, isOnline } = this.#port
    const { signal } = this.#stopping
    if (ask.device === identity.deviceId || signal.aborted || !isOnline()) return
    const given = await this.#read()
    const isNew = clock.wallMs() - (given.seen[ask.device] ?? Number.NEGATIVE_INFINITY) < newForMs
    if (!isNew || given.answered.some(({ id }) => id === ask.id)) return
    if (given.answered.filter(({ device }) => device === ask.device).length >= maxAnswers) return
    if (this.#refused.has(ask.id)) return
    if (!(await this.#isMade(ask))) {
      if (this.#refused.size < maxRemembered) this.#refused.add(ask.id)
      return
    }
    await pause(jitterMs * random(), signal)
    if (signal.aborted || answerIn(rows, slotOf(ask.device))?.id === ask.id) return
    await this.#give(ask)
    const answered = [...given.answered, { id: ask.id, device: ask.device }].slice(-maxRemembered)
    if (!signal.aborted) await this.#keep({ ...(await this.#read()), answered })
  }

  async #isMade(ask: HandoverAsk): Promise<boolean> {
    const { userId } = this.#port.identity
    const signer = await signerOf(this.#port, ask.device)
    const claims = { userId, device: ask.device, id: ask.id, key: fromBase64Url(ask.key) }
    return signer !== undefined && (await isHandoverAsk(signer, claims, fromBase64Url(ask.sig)))
  }

  /** Uploads the parts. The first one is announced at once, the others together. */
  async #give(ask: HandoverAsk): Promise<void> {
    const { api } = this.#port
    const parts: HandoverPart[] = []
    let isWhole = false
    for await (const { chats, isLast } of collectParts(this.#port)) {
      if (this.#stopping.signal.aborted) return
      const bytes = await encodePart({ v: 1, chats: [...chats] })
      const { attachment, key, sha256, size } = await uploadFile(api, { bytes, name: '', mime: '' })
      parts.push({ attachment, key, sha256, size })
      isWhole = isLast
      if (parts.length === 1 || isLast) await this.#announce(ask, { v: 1, parts, isWhole })
    }
    if (!isWhole) await this.#announce(ask, { v: 1, parts, isWhole: true })
  }

  async #announce(ask: HandoverAsk, parts: HandoverParts): Promise<void> {
    const { identity, rows } = this.#port
    const { userId, deviceId } = identity
    const { privateKey, publicKey } = createHandoverKeys()
    const askKey = fromBase64Url(ask.key)
    const ends = { from: { device: deviceId, key: publicKey }, to: { device: ask.device, key: askKey } }
    const contents = new TextEncoder().encode(JSON.stringify(parts))
    const sealed = await sealHandover(privateKey, askKey, { userId, id: ask.id, ...ends }, contents)
    const claims = { userId, device: deviceId, id: ask.id, key: publicKey, askKey, sealed }
    const sig = signHandoverAnswer(fromBase64Url(identity.signaturePrivate), claims)
    await rows.set(slotOf(ask.device), 'answer', {
      ...{ v: 1, id: ask.id, device: deviceId },
      ...{ key: toBase64Url(publicKey), sealed: toBase64Url(sealed), sig: toBase64Url(sig) },
    })
  }

  async #read(): Promise<Given> {
    return (await getRecord<Given>(this.#port.store, 'meta', metaKey)) ?? { seen: {}, answered: [] }
  }

  async #keep(given: Given): Promise<void> {
    await this.#port.store.write(new Batch().put('meta', metaKey, given).writes)
  }
}
