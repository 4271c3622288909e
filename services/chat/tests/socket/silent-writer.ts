import { randomUUID } from 'node:crypto'
import { systemClock } from '@fastchat/clock'
import type { Logger } from '@fastchat/service'
import type { SendRequest } from '../../src/domain/ports.ts'
import { createStore } from '../../src/store/index.ts'

/** Stores sends as a pod does that dies before it announces them. */
export async function storeSilently(
  databaseUrl: string,
  log: Logger,
  sends: readonly SendRequest[],
): Promise<readonly { readonly ok: boolean }[]> {
  const store = await createStore({
    databaseUrl,
    log,
    keepDays: 45,
    clock: systemClock,
    random: Math.random,
    newId: randomUUID,
  })
  const { writer } = store.openWriters({ announce: () => {} })
  const outcomes = []
  for (const send of sends) outcomes.push(await writer.submit(send))
  await store.close()
  return outcomes
}
