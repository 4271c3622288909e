import type { MonotonicMs } from '@fastchat/clock'
import { limits, type UserId } from '@fastchat/schema'
import type { Overload } from './overload.ts'
import type { DeviceKey, SendOutcome, Session } from './ports.ts'
import type { TokenBuckets } from './token-buckets.ts'

export type SendAdmissionOptions = {
  readonly overload: Pick<Overload, 'refusesSends'>
  /** Rates by device. They outlive a connection, so a new connection brings no new allowance. */
  readonly deviceSends: Pick<TokenBuckets<DeviceKey>, 'take'>
  /** Rates by user, over all pods. See `SharedLimit`. */
  readonly userSends: { take(user: UserId): number }
  readonly monotonicMs: () => MonotonicMs
}

/** About the time that one ack takes, for a client that sends more at once than it was told. */
const tooManyRetryMs = 250
/** The interval at which overload is sampled. */
const overloadRetryMs = 2_000

const tooLarge: SendOutcome = { ok: false, code: 'too_large', details: { maxBytes: limits.maxEnvelopeBytes } }

/** Decides whether a send may go to the writer. */
export class SendAdmission {
  readonly #options: SendAdmissionOptions

  constructor(options: SendAdmissionOptions) {
    this.#options = options
  }

  /**
   * Returns why a send is refused, or undefined if it may go on. `unackedSends` includes this send.
   * The answer comes in the same turn of the event loop: the conversation is held before the next
   * frame is read.
   */
  refusal({ device, userId }: Session, unackedSends: number, envelopeBytes: number): SendOutcome | undefined {
    const { overload, deviceSends, userSends, monotonicMs } = this.#options
    if (overload.refusesSends) return { ok: false, code: 'busy', retryMs: overloadRetryMs }
    if (unackedSends > limits.maxUnackedSends) return { ok: false, code: 'rate_limited', retryMs: tooManyRetryMs }
    const retryMs = deviceSends.take(device, monotonicMs()) || userSends.take(userId)
    if (retryMs > 0) return { ok: false, code: 'rate_limited', retryMs }
    return envelopeBytes > limits.maxEnvelopeBytes ? tooLarge : undefined
  }
}
