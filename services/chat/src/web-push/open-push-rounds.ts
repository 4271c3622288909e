import type { Lifecycle } from '@fastchat/service'
import { PushClient } from './push-client.ts'
import { PushRounds, type PushRoundsOptions } from './push-rounds.ts'
import type { PushSettings } from './push-settings.ts'

export type { PushRounds } from './push-rounds.ts'

type OpenOptions = Pick<PushRoundsOptions, 'store' | 'log'> & {
  readonly settings: PushSettings
  readonly life: Lifecycle
}

/** Begins to wake devices that do not fetch their messages. */
export function openPushRounds({ settings, store, log, life }: OpenOptions): PushRounds {
  const client = new PushClient(settings)
  const rounds = life.own(new PushRounds({ settings, store, client, log }), (it) => it.stop())
  rounds.start()
  return rounds
}
