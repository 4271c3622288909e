import { type Clock, systemClock } from '@fastchat/clock'
import { bindServer } from './account/bind-server.ts'
import { PinTable } from './account/pin-table.ts'
import { SharedState } from './account-state/shared-state.ts'
import type { KeptState } from './account-state/state-exchange.ts'
import { Backup } from './backup/backup.ts'
import type { BackupRecord } from './backup/backup-record.ts'
import { ClientError } from './errors.ts'
import { Handover } from './handover/handover.ts'
import type { HandoverRecord } from './handover/handover-record.ts'
import { type Api, createApi } from './net/api.ts'
import { createRest, type Rest } from './net/rest.ts'
import { createTokens, type Tokens } from './net/tokens.ts'
import { OwnRows } from './own/own-rows.ts'
import { Cards } from './people/cards.ts'
import type { Decisions } from './people/decisions.ts'
import { PeopleBook } from './people/people-book.ts'
import { getRecord, type Identity } from './store/records.ts'
import type { Store } from './store/store.ts'

/** The options of a client. */
export type ClientOptions = {
  /** URLs of the pods to connect to, on any host, instead of those of the balancer. */
  readonly podUrls?: readonly string[] | undefined
  /** The clocks; by default those of this machine. */
  readonly clock?: Clock
  /** Returns a number from 0 up to, but not including, 1; by default `Math.random`. */
  readonly random?: () => number
}

/** The stored records and the ports of a device, from which its parts are made. */
export type OpenDevice = {
  readonly store: Store
  readonly identity: Identity
  readonly dbEpoch: string | undefined
  readonly kept: KeptState
  readonly rows: OwnRows
  readonly backedUp: BackupRecord
  readonly handedOver: HandoverRecord
  readonly pinTable: PinTable
  readonly decisions: Decisions
  readonly cards: Cards
  readonly rest: Rest
  readonly tokens: Tokens
  readonly api: Api
  readonly podUrls: ClientOptions['podUrls']
  readonly clock: Clock
  readonly random: () => number
}

/**
 * Reads the device in a store.
 *
 * @throws {ClientError} `not_signed_in` when the store holds no device, `another_server` when it
 *   belongs to another server
 */
export async function readDevice(baseUrl: string, store: Store, options: ClientOptions): Promise<OpenDevice> {
  const { podUrls, clock = systemClock, random = Math.random } = options
  const identity = await getRecord<Identity>(store, 'meta', 'identity')
  if (!identity) throw new ClientError('not_signed_in')
  await bindServer(store, baseUrl)
  const rest = createRest(baseUrl)
  const tokens = createTokens(rest, store, clock)
  const api = createApi(rest, tokens)
  const pinTable = await PinTable.load(store)
  const dbEpoch = await getRecord<string>(store, 'meta', 'dbEpoch')
  const kept = await SharedState.read(store)
  const rows = await OwnRows.open({ store, deviceId: identity.deviceId, clock })
  const backedUp = await Backup.read(store)
  const handedOver = await Handover.read(store)
  const decisions = await PeopleBook.read(store, kept.contents)
  const cards = await Cards.load(store, pinTable)
  return {
    ...{ store, identity, dbEpoch, kept, rows, backedUp, handedOver, pinTable, decisions, cards },
    ...{ rest, tokens, api, podUrls, clock, random },
  }
}
