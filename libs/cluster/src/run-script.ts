import { createHash } from 'node:crypto'
import type { Commands } from './connections.ts'

export type Script = { readonly source: string; readonly sha1: string }

export function luaScript(source: string): Script {
  return { source, sha1: createHash('sha1').update(source).digest('hex') }
}

/** Runs a script by its hash. Sends its source when Redis does not know the hash. */
export async function runScript(
  redis: Commands,
  { source, sha1 }: Script,
  keys: readonly string[],
  args: readonly (string | number | Buffer)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(sha1, keys.length, ...keys, ...args)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return await redis.eval(source, keys.length, ...keys, ...args)
  }
}
