import type { Keys } from './keys.ts'
import { luaScript, runScript } from './run-script.ts'

export type Rate = { readonly perSecond: number; readonly burst: number }

/** One rate for each of many keys. */
export type SharedLimit = {
  /** Takes `cost` (1 unless given; below 0 it gives back): 0 when there was as much, else the milliseconds until there will be. Never waits. */
  take(key: string, cost?: number): number
}

export type RateLedgerOptions = {
  /** See `openPublisher`. */
  readonly redis: Parameters<typeof runScript>[0]
  readonly keys: Pick<Keys, 'rate'>
  /** Of the monotonic clock. */
  readonly nowMs: () => number
}

/** What was used here and not yet told, and until when all that is known to be used lasts (GCRA's arrival time). */
type Account = {
  readonly name: string
  readonly maxAheadMs: number
  endsAtMs: number
  untoldMs: number
  takenAtMs: number
}

/** Whoever uses less than this share of a rate (and of its burst) on one pod is nobody that others need to hear of. */
const untoldShare = 1 / 8
/** From the first use that is to be told until Redis is told of it: several pods together may let through a little more for that long. */
const tellAfterMs = 200
const maxTold = 500
/** Of one limit; some 200 bytes each. Past that those who have used the least lately are forgotten, to their favour. */
const maxKeys = 100_000

/**
 * Rates over all pods at next to no cost: each pod decides at once by what it knows. Of those who use much it tells Redis, a few
 * times a second and in one command for all, what they used; the answer says what they used elsewhere. So a rate is exceeded
 * by what the pods let through in 200 ms, and by an eighth of it for each pod more than eight that somebody uses at once.
 * While Redis is away each pod keeps the rate by itself.
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
        const nowMs = this.#options.nowMs()
        let account = accounts.get(key)
        if (account === undefined) {
          if (accounts.size >= maxKeys) forgetSome(accounts, nowMs)
          // Others' use may count against somebody for a while, but not for longer than a full burst takes.
          account = { name: `${name}:${key}`, maxAheadMs: 2 * burstMs, endsAtMs: nowMs, untoldMs: 0, takenAtMs: nowMs }
          accounts.set(key, account)
        }
        const costMs = cost * msEach
        const waitMs = Math.max(0, account.endsAtMs - nowMs) + costMs - burstMs
        if (waitMs > roundingMs) return Math.ceil(waitMs)
        account.endsAtMs = Math.max(account.endsAtMs, nowMs) + costMs
        account.untoldMs = Math.max(0, account.untoldMs - (nowMs - account.takenAtMs) * untoldShare) + costMs
        account.takenAtMs = nowMs
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
    const { redis, keys, nowMs } = this.#options
    const used = told.flatMap(({ untoldMs, maxAheadMs }) => [untoldMs, maxAheadMs])
    for (const account of told) account.untoldMs = 0
    try {
      const names = told.map(({ name }) => keys.rate + name)
      const aheadMs = (await runScript(redis, useScript, names, used)) as number[] // one number for each key
      for (const [at, account] of told.entries()) {
        account.endsAtMs = Math.max(account.endsAtMs, nowMs() + (aheadMs[at] ?? 0) + account.untoldMs)
      }
    } catch {
      // The connection tells the log when it breaks. What was used counts here all the same.
    }
  }
}

/** A burst that has just been refilled must not fail for the last bit of a fraction. */
const roundingMs = 1e-6

function forgetSome(accounts: Map<string, Account>, nowMs: number): void {
  for (const [key, { endsAtMs }] of accounts) if (endsAtMs <= nowMs) accounts.delete(key)
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
