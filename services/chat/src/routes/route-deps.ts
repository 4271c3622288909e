import type { Rates } from '../rates.ts'
import type { Store } from '../store/index.ts'

/** What the routes need of the store, and what users may do. */
export type RouteDeps = Pick<Store, 'conversations' | 'membership' | 'attachments' | 'resolveSession'> & {
  readonly rates: Pick<Rates, 'changes' | 'prunes' | 'commits' | 'handshakeBytes' | 'uploads' | 'uploadBytes'>
}
