import type { Pool } from '@fastchat/db'
import type { PoolClient } from 'pg'
import { isUnavailable } from './database-errors.ts'

/** transaction_resolution_unknown */
const resolutionUnknown = '08007'

/**
 * Lends a connection to `use`. One that broke is thrown away; one that only refused a statement goes back to the pool.
 *
 * @throws Error also when the database warns: then it has, by its own account, not done all that it was asked. What it warns of
 *   is a commit that was not waited for on the synchronous standby, so that it could still be lost.
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
      throw Object.assign(new Error('the database warned of its own commit'), { code: resolutionUnknown })
    client.release()
    return result
  } catch (error) {
    client.release(isUnavailable(error))
    throw error
  } finally {
    client.off('notice', listen)
  }
}
