import { type Clock, later, type MonotonicMs } from '@fastchat/clock'
import type { Keys } from './keys.ts'
import { luaScript, runScript } from './run-script.ts'

export type Rate = { readonly perSecond: number; readonly burst: number }

/** A rate limit with one allowance per key. */
export type SharedLimit = {
  /**
   * Takes `cost`, 1 by default; a negative cost gives back. Returns 0 if the allowance was enough,
   * or else the milliseconds until it will be. It never waits.
   */
  take(key: string, cost?: number): number
}

export type RateLedgerOptions = {
  /** A connection from `openPublisher`. */
  readonly redis: Parameters<typeof runScript>[0]
  readonly keys: Pick<Keys, 'rate'>
  readonly clock: Clock
}

/** The use of one key. */
type Account = {
  readonly name: string
  readonly maxAheadMs: number
  /** When all known use is refilled (GCRA's arrival time). */
  endsAt: MonotonicMs
  /** Use on this pod that Redis does not know yet. */
  untoldMs: number
  takenAt: MonotonicMs
}

/** Redis hears nothing of a user who takes less than this share of a rate and burst on one pod. */
const untoldShare = 1 / 8
/** The delay before Redis is told. Several pods together may exceed a rate for as long. */
const tellAfterMs = 200
const maxTold = 500
/**
 * The most keys of one limit, at some 200 bytes each. Above it, full allowances go first, then the
 * keys that were added first.
 */
const maxKeys = 100_000

/**
 * Limits rates over all pods at little cost. Each pod decides at once by what it knows. Of heavy
 * users it tells Redis their use, in one command for all, every 200 ms at most. The answer says
 * how much they used on other pods. So pods may exceed a rate by what they accept in 200 ms. They
 * also exceed it by an eighth for each pod above eight that a user uses at once. While Redis is
 * down, each pod applies the rate by itself.
 */
export class RateLedger {
  readonly #options: RateLedgerOptions
  readonly #untold = new Set<Account>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: RateLedgerOptions) {
    this.#options = options
  }

  limit(name: string, { perSecond, burst }: Rate): SharedLimit {
    const accounts = new Map<string, Account>()
    const msEach = 1_000 / perSecond
    const burstMs = burst * msEach
    return {
      take: (key, cost = 1) => {
        const now = this.#options.clock.monotonicMs()
        let account = accounts.get(key)
        if (account === undefined) {
          if (accounts.size >= maxKeys) forgetSome(accounts, now)
          // Use on other pods delays a user by one full burst at most.
          account = { name: `${name}:${key}`, maxAheadMs: 2 * burstMs, endsAt: now, untoldMs: 0, takenAt: now }
          accounts.set(key, account)
        }
        const costMs = cost * msEach
        const waitMs = Math.max(0, account.endsAt - now) + costMs - burstMs
        if (waitMs > roundingMs) return Math.ceil(waitMs)
        account.endsAt = later(latest(account.endsAt, now), costMs)
        account.untoldMs = Math.max(0, account.untoldMs - (now - account.takenAt) * untoldShare) + costMs
        account.takenAt = now
        if (account.untoldMs > burstMs * untoldShare) this.#toTell(account)
        return 0
      },
    }
  }

  #toTell(account: Account): void {
    this.#untold.add(account)
    this.#timer ??= setTimeout(() => void this.#tell(), tellAfterMs).unref()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  async #tell(): Promise<void> {
    const told = [...this.#untold].slice(0, maxTold)
    for (const account of told) this.#untold.delete(account)
    await this.#exchange(told)
    if (this.#isClosed) return
    this.#timer = this.#untold.size > 0 ? setTimeout(() => void this.#tell(), tellAfterMs).unref() : undefined
  }

  async #exchange(told: readonly Account[]): Promise<void> {
    const { redis, keys, clock } = this.#options
    const used = told.flatMap(({ untoldMs, maxAheadMs }) => [untoldMs, maxAheadMs])
    for (const account of told) account.untoldMs = 0
    try {
      const names = told.map(({ name }) => keys.rate + name)
      const aheadMs = (await runScript(redis, useScript, names, used)) as number[] // one number per key
      for (const [at, account] of told.entries()) {
        const endsAt = later(clock.monotonicMs(), (aheadMs[at] ?? 0) + account.untoldMs)
        account.endsAt = latest(account.endsAt, endsAt)
      }
    } catch {
      // The connection logs its own failure. The use still counts on this pod.
    }
  }
}

const latest = (a: MonotonicMs, b: MonotonicMs): MonotonicMs => (a > b ? a : b)

/** Covers rounding errors, so that a burst that is just refilled does not fail. */
const roundingMs = 1e-6

function forgetSome(accounts: Map<string, Account>, now: MonotonicMs): void {
  for (const [key, { endsAt }] of accounts) if (endsAt <= now) accounts.delete(key)
  for (const key of accounts.keys()) {
    if (accounts.size < maxKeys) return
    accounts.delete(key)
  }
}

const useScript = luaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local ahead = {}
for at, key in ipairs(KEYS) do
  local used, most = tonumber(ARGV[2 * at - 1]), tonumber(ARGV[2 * at])
  local ends = tonumber(redis.call('GET', key) or now)
  ends = math.min(math.max(ends, now) + used, now + most)
  redis.call('SET', key, string.format('%.3f', ends), 'PX', math.ceil(ends - now) + 1)
  ahead[at] = math.floor(ends - now)
end
return ahead
`)
