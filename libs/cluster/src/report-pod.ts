import type { DeviceId } from '@fastchat/schema'
import type { Commands } from './connections.ts'
import type { Keys } from './keys.ts'
import type { PodIdentity, PodSeal, PodStatement } from './pod-seal.ts'
import { luaScript, runScript } from './run-script.ts'

/** A pod that stops reporting is gone this soon. */
const recordTtlMs = 5_000

export type PodReport = PodStatement & {
  /** Devices that `connections` counts now: their reservations are done with, in the same step. */
  readonly arrivals: Iterable<DeviceId>
}

export type ReportAnswer = {
  /** An operator who knows the pods' key wants this life of the pod to drain (`Pods.askToDrain`). */
  readonly isDrainAsked: boolean
  /** What Redis's clock has shown, in ms since 1970. */
  readonly redisMs: number
}

/** Replaces what is known of the pod. Rejects if Redis is away. */
export async function reportPod(redis: Commands, keys: Keys, seal: PodSeal, report: PodReport): Promise<ReportAnswer> {
  const { arrivals, ...statement } = report
  const { content, mac } = seal.seal(statement)
  const fixed = [report.pod, report.bootId, content, mac, recordTtlMs, keys.podPending]
  // The cast holds because it is what the script below returns.
  const [redisMs, order] = (await runScript(redis, reportScript, keysOf(keys, report.pod), [
    ...fixed,
    ...arrivals,
  ])) as [number, string | null]
  return { isDrainAsked: order !== null && seal.isDrainOrder(report, order), redisMs }
}

/** Forgets the pod, unless a later life of it has taken its place. Rejects if Redis is away. */
export async function removePod(redis: Commands, keys: Keys, { pod, bootId }: PodIdentity): Promise<void> {
  await runScript(redis, removeScript, keysOf(keys, pod), [pod, bootId])
}

const keysOf = (keys: Keys, pod: string) => [keys.pods, keys.podRecord + pod, keys.podPending + pod]

/** A new boot id starts from nothing: the reservations of the pod's former life don't count. */
const reportScript = luaScript(`
local index, record, pending = KEYS[1], KEYS[2], KEYS[3]
local pod, boot, content, mac, ttl, pendingPrefix = unpack(ARGV, 1, 6)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('HGET', record, 'boot') ~= boot then
  redis.call('DEL', record, pending)
end
redis.call('HSET', record, 'boot', boot, 'content', content, 'mac', mac)
redis.call('PEXPIRE', record, ttl)
redis.call('ZADD', index, now, pod)
if #ARGV > 6 then
  for _, other in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    for from = 7, #ARGV, 1000 do
      redis.call('ZREM', pendingPrefix .. other, unpack(ARGV, from, math.min(from + 999, #ARGV)))
    end
  end
end
return { now, redis.call('HGET', record, 'asked') }
`)

const removeScript = luaScript(`
local index, record, pending = KEYS[1], KEYS[2], KEYS[3]
local pod, boot = ARGV[1], ARGV[2]
if redis.call('HGET', record, 'boot') == boot then
  redis.call('DEL', record, pending)
  redis.call('ZREM', index, pod)
end
`)
