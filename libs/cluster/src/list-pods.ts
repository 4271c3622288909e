import type { Commands } from './connections.ts'
import type { Keys } from './keys.ts'
import type { PodStatement } from './pod-seal.ts'
import { luaScript, runScript } from './run-script.ts'
import type { IgnoredReason, VerifiedRecords } from './verified-records.ts'

/** The last report of a pod, for operators. */
export type ReportedPod = PodStatement & {
  /** The number of reserved places whose devices have not connected yet. */
  readonly pending: number
  /** Milliseconds since its last report, by Redis's clock. */
  readonly ageMs: number
}

export type PodList = {
  readonly pods: readonly ReportedPod[]
  /** The number of records that were not accepted, by reason. */
  readonly ignored: Readonly<Partial<Record<IgnoredReason, number>>>
}

/** Does the work of `Pods.list`. */
export async function listPods(redis: Commands, keys: Keys, records: VerifiedRecords): Promise<PodList> {
  // The cast holds: the script below returns this.
  const [redisMs, ...found] = (await runScript(redis, listScript, [keys.pods], [keys.podRecord, keys.podPending])) as [
    number,
    ...string[][],
  ]
  const pods: ReportedPod[] = []
  const ignored: Partial<Record<IgnoredReason, number>> = {}
  for (const [pod = '', content = '', mac = '', pending] of found) {
    const verdict = records.add(pod, { content, mac }, redisMs)
    if (typeof verdict === 'string') ignored[verdict] = (ignored[verdict] ?? 0) + 1
    else pods.push({ ...verdict, pending: Number(pending), ageMs: redisMs - verdict.at })
  }
  return { pods: pods.sort((a, b) => (a.pod < b.pod ? -1 : 1)), ignored }
}

/** Far more than any installation has pods. */
export const maxPods = 2_000
/** Far more than a real record takes. */
export const maxRecordBytes = 1_024

const listScript = luaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local reply = { now }
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, ${maxPods - 1})) do
  local content, mac = unpack(redis.call('HMGET', ARGV[1] .. name, 'content', 'mac'))
  if content or mac then
    local pending = redis.call('ZCOUNT', ARGV[2] .. name, now, '+inf')
    table.insert(reply, { name, string.sub(content or '', 1, ${maxRecordBytes}), string.sub(mac or '', 1, 64), tostring(pending) })
  end
end
return reply
`)
