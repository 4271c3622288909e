import type { Pool } from '@fastchat/db'
import type { PoolClient } from 'pg'
import { isUnavailable } from './database-errors.ts'

/** SQLSTATE of a commit whose result is unknown (transaction_resolution_unknown). */
const resolutionUnknown = '08007'

/**
 * Lends a connection to `use`. Afterwards a broken connection is closed. A connection that only
 * rejected a statement goes back to the pool.
 *
 * @throws Error of `use`; also when the database sent a warning. It warns of a commit that did not
 *   wait for the synchronous standby, which could still be lost.
 */
export async function withClient<T>(pool: Pool, use: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let warnings = 0
  const listen = ({ severity }: { severity?: string | undefined }) => {
    if (severity === 'WARNING') warnings++
  }
  client.on('notice', listen)
  try {
    const result = await use(client)
    if (warnings > 0)
      throw Object.assign(new Error('the database warned that a commit may be lost'), { code: resolutionUnknown })
    client.release()
    return result
  } catch (error) {
    client.release(isUnavailable(error))
    throw error
  } finally {
    client.off('notice', listen)
  }
}
