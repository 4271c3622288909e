import { ClientError } from '../errors.ts'
import { serverOf } from '../net/origin.ts'
import { Batch, getRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/**
 * The one server of a device. A server gets the tokens and key packages of a device and answers its
 * look-ups, so a device keeps its server for life.
 */
type ServerRecord = { readonly server: string }

/**
 * Binds a store to its server on first use, and compares the server later.
 *
 * @throws {ClientError} `another_server`
 */
export async function bindServer(store: Store, baseUrl: string): Promise<void> {
  const record = await getRecord<ServerRecord>(store, 'meta', 'server')
  if (record) return expectSameServer(record.server, baseUrl)
  const own: ServerRecord = { server: serverOf(baseUrl) }
  await store.write(new Batch().put('meta', 'server', own).writes)
}

/**
 * Compares a server with the one that a store is bound to.
 *
 * @throws {ClientError} `another_server`
 */
export function expectSameServer(bound: string, asked: string): void {
  if (serverOf(asked) === bound) return
  throw new ClientError('another_server', `This device belongs to ${bound}, not to ${serverOf(asked)}`)
}
