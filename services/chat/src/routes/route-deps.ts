import type { Rates } from '../rates.ts'
import type { Store } from '../store/index.ts'
import type { Writers } from '../store/writers.ts'
import type { PushSettings } from '../web-push/push-settings.ts'

/** The parts of the store that the routes use, and the rates of users. */
export type RouteDeps = Pick<
  Store,
  'conversations' | 'attachments' | 'uploadParts' | 'segments' | 'pushes' | 'resolveSession'
> & {
  /** Absent: this server wakes no closed browsers. */
  readonly push?: Pick<PushSettings, 'publicKey' | 'hosts' | 'privateHosts'> | undefined
  readonly membership: Writers['membership']
  readonly rates: Pick<Rates, 'changes' | 'prunes' | 'commits' | 'handshakeBytes' | 'uploads' | 'uploadBytes'>
}
