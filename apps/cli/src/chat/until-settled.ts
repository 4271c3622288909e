import type { Client } from '@fastchat/client'
import type { Clock, MonotonicMs } from '@fastchat/clock'
import { noService } from '../to-cli-error.ts'

/** The time after which a try that neither connects nor fails counts as failed. */
const connectMs = 10_000
/**
 * Catching up may take long. It is no longer waited for when this time passes without a new line.
 */
const quietMs = 10_000

/** The time that a missing pod is waited for, by this clock. */
type Patience = { readonly patienceMs: number; readonly clock: Pick<Clock, 'monotonicMs'> }

const reasonOf = ({ state }: Client): unknown => (state.state === 'unavailable' ? state.error : undefined)

/**
 * Resolves true when the client has caught up. Resolves false when it is still catching up and
 * nothing has come for a while.
 */
export async function untilSettled(client: Client, patience: Patience): Promise<boolean> {
  const stop = new AbortController()
  const quiet = Promise.withResolvers<boolean>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const listen = () => {
    clearTimeout(timer)
    if (client.state.state === 'online') timer = setTimeout(() => quiet.resolve(false), quietMs)
  }
  const letGo = [client.on('connection', listen), client.on('entry', listen)]
  try {
    listen()
    const settled = client.settled(stop.signal).then(() => true)
    return await whileServed(client, patience, Promise.race([settled, quiet.promise]))
  } finally {
    clearTimeout(timer)
    for (const off of letGo) off()
    stop.abort()
  }
}

/**
 * Waits for `work` while there is a pod, or one may come soon.
 * @throws {CliError} `no_services_available` when there was no pod for `patienceMs`, or the error
 *   that ended the connection.
 */
export async function whileServed<T>(client: Client, { patienceMs, clock }: Patience, work: Promise<T>): Promise<T> {
  const over = Promise.withResolvers<never>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let since: MonotonicMs | undefined
  const look = () => {
    clearTimeout(timer)
    const { state } = client
    if (state.state === 'ended') over.reject(state.error)
    if (state.state === 'online') since = undefined
    if (state.state !== 'connecting' && state.state !== 'unavailable') return
    since ??= clock.monotonicMs()
    const limitMs = state.state === 'unavailable' ? patienceMs : Math.max(connectMs, patienceMs)
    timer = setTimeout(
      () => over.reject(noService(reasonOf(client))),
      Math.max(0, limitMs - (clock.monotonicMs() - since)),
    )
  }
  const letGo = client.on('connection', look)
  try {
    look()
    return await Promise.race([work, over.promise])
  } finally {
    clearTimeout(timer)
    letGo()
  }
}
