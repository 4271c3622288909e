import type { Commands } from './connections.ts'
import type { Keys } from './keys.ts'
import type { PodIdentity, PodSeal } from './pod-seal.ts'
import { luaScript, runScript } from './run-script.ts'

/**
 * Writes a drain order beside the pod's record. Returns false when the pod no longer runs under
 * this boot id. Rejects if Redis is down.
 */
export async function askToDrain(redis: Commands, keys: Keys, seal: PodSeal, identity: PodIdentity): Promise<boolean> {
  const args = [identity.bootId, seal.drainOrder(identity)]
  return (await runScript(redis, askScript, [keys.podRecord + identity.pod], args)) === 1
}

const askScript = luaScript(`
if redis.call('HGET', KEYS[1], 'boot') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'asked', ARGV[2])
return 1
`)
