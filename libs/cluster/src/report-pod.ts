import type { DeviceId } from '@fastchat/schema'
import type { Commands } from './connections.ts'
import type { Keys } from './keys.ts'
import type { PodIdentity, PodSeal, PodStatement } from './pod-seal.ts'
import { luaScript, runScript } from './run-script.ts'

/** The record of a pod that stops reporting is deleted after this time. */
const recordTtlMs = 5_000

export type PodReport = PodStatement & {
  /** Devices that `connections` counts now. Their reservations end in the same step. */
  readonly arrivals: Iterable<DeviceId>
}

export type ReportAnswer = {
  /** An operator who knows the pods' key asks this run of the pod to drain (`Pods.askToDrain`). */
  readonly isDrainAsked: boolean
  /** Redis's clock, in ms since 1970. */
  readonly redisMs: number
}

/** Replaces the pod's record. Rejects if Redis is down. */
export async function reportPod(redis: Commands, keys: Keys, seal: PodSeal, report: PodReport): Promise<ReportAnswer> {
  const { arrivals, ...statement } = report
  const { content, mac } = seal.seal(statement)
  const fixed = [report.pod, report.bootId, content, mac, recordTtlMs, keys.podPending]
  // The cast holds: the script below returns this.
  const [redisMs, order] = (await runScript(redis, reportScript, keysOf(keys, report.pod), [
    ...fixed,
    ...arrivals,
  ])) as [number, string | null]
  return { isDrainAsked: order !== null && seal.isDrainOrder(report, order), redisMs }
}

/** Deletes the pod's record, unless a restarted pod has replaced it. Rejects if Redis is down. */
export async function removePod(redis: Commands, keys: Keys, { pod, bootId }: PodIdentity): Promise<void> {
  await runScript(redis, removeScript, keysOf(keys, pod), [pod, bootId])
}

const keysOf = (keys: Keys, pod: string) => [keys.pods, keys.podRecord + pod, keys.podPending + pod]

/** A new boot id deletes the record and the reservations of the pod's former run. */
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
