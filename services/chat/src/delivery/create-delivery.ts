import type { Bus } from '@fastchat/cluster'
import type { Logger } from '@fastchat/service'
import type { EntryLog } from '../domain/ports.ts'
import type { Registry } from '../domain/registry.ts'
import type { SignalStore } from '../domain/signals.ts'
import type { Traces } from '../domain/traces.ts'
import { ConversationFeeds } from './conversation-feeds.ts'
import { CursorSaver } from './cursor-saver.ts'
import { Devices } from './devices.ts'
import { createFanOut, type FanOut } from './fan-out.ts'
import { limitReads } from './limit-reads.ts'
import { SignalKeeper } from './signal-keeper.ts'

export type DeliveryDeps = {
  readonly log: Pick<Logger, 'warn'>
  readonly entries: EntryLog
  readonly signals: SignalStore
  readonly bus: Bus
  readonly registry: Pick<Registry, 'concernedBy'>
  /** The boot id of this pod. */
  readonly origin: string
  readonly traces: Traces | undefined
}

/** The parts of a pod that carry entries from the log and the bus to its devices. */
export type PodDelivery = {
  /** The log, with a limit on concurrent reads. */
  readonly entries: EntryLog
  readonly feeds: ConversationFeeds
  readonly devices: Devices
  readonly fanOut: FanOut
  readonly cursors: CursorSaver
  readonly keeper: SignalKeeper
}

/**
 * Creates the delivery of one pod. It comes before the writer, which announces entries to its
 * fan-out.
 */
export function createDelivery(deps: DeliveryDeps): PodDelivery {
  const { log, signals, bus, registry, origin, traces } = deps
  const entries = limitReads(deps.entries)
  const devices = new Devices()
  const feeds = new ConversationFeeds({
    log: entries,
    bus,
    onDelta({ added, invited }) {
      for (const device of added) devices.find(device)?.refresh()
      for (const user of invited) devices.refreshUserKey(user)
    },
    onHealError: (err) => log.warn({ err }, 'gap not read'),
    traces,
  })
  const fanOut = createFanOut({ bus, feeds, devices, registry, origin, traces })
  return { entries, feeds, devices, fanOut, cursors: new CursorSaver(entries), keeper: new SignalKeeper(signals) }
}
