import type { Commands } from './connections.ts'
import type { Keys } from './keys.ts'
import type { PodStatement } from './pod-seal.ts'
import { luaScript, runScript } from './run-script.ts'
import type { IgnoredReason, VerifiedRecords } from './verified-records.ts'

/** A pod as it last told of itself, for an operator's eyes. */
export type ReportedPod = PodStatement & {
  /** Reservations of devices that have not come yet. */
  readonly pending: number
  /** Since its last report, by Redis's clock. */
  readonly ageMs: number
}

export type PodList = {
  readonly pods: readonly ReportedPod[]
  /** Records that no pod of this installation has lately made, by what is wrong with them. */
  readonly ignored: Readonly<Partial<Record<IgnoredReason, number>>>
}

/** See `Pods`. */
export async function listPods(redis: Commands, keys: Keys, records: VerifiedRecords): Promise<PodList> {
  // The cast holds because it is what the script below returns.
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

/** More names than any installation has pods. */
export const maxPods = 2_000
/** A record of ours is far shorter. */
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
