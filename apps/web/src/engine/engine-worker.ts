import { eraseWebHome, openWebHome } from '@fastchat/client/web'
import { systemClock } from '@fastchat/clock'
import { buildId } from '../build-id.ts'
import { Engine } from './engine.ts'
import type { Failure } from './engine-state.ts'
import { failureOf } from './failure-of.ts'
import { isServersBuild } from './is-servers-build.ts'
import { channelName, type FromEngine, homeName, type Stamped, type ToEngine } from './protocol.ts'

/**
 * The engine of all tabs: it runs in the worker of one tab, which holds the home. The workers of
 * the other tabs wait for their turn.
 */
const channel = new BroadcastChannel(channelName)
const say = (message: FromEngine): void =>
  channel.postMessage({ ...message, build: buildId } satisfies Stamped<FromEngine>)

let isNewest = true
while (isNewest) {
  try {
    isNewest = await runOnce()
  } catch (error) {
    await askToErase(failureOf(error))
  }
}

/**
 * Runs the engine until its home is erased, here or by another tab, or a tab of the server's
 * present build wants it. Returns false for the latter: this build does not begin again.
 */
async function runOnce(): Promise<boolean> {
  const home = await openWebHome(homeName)
  const term = crypto.randomUUID()
  const engine = new Engine({ home, baseUrl: location.origin, say, clock: systemClock })
  const outdated = Promise.withResolvers<'outdated'>()
  try {
    await engine.open()
    const tell = () => say({ to: 'tabs', kind: 'state', term, state: engine.state })
    const hear = ({ data }: MessageEvent<Stamped<ToEngine>>) => {
      if (data.to !== 'engine') return
      if (data.build !== buildId)
        void isServersBuild(data.build).then((isNewer) => isNewer && outdated.resolve('outdated'))
      else if (data.kind === 'hello') tell()
      else if (data.kind === 'call') void engine.call(data)
    }
    channel.addEventListener('message', hear)
    tell()
    const end = await Promise.race([home.gone, outdated.promise])
    channel.removeEventListener('message', hear)
    await engine.stop()
    return end !== 'outdated'
  } finally {
    await home.close()
  }
}

/** Tells the tabs why the engine does not run, until one of them wants the store erased. */
async function askToErase(failure: Failure): Promise<void> {
  const tell = () => say({ to: 'tabs', kind: 'broken', failure })
  const wanted = Promise.withResolvers<void>()
  const hear = ({ data }: MessageEvent<Stamped<ToEngine>>) => {
    if (data.to !== 'engine' || data.build !== buildId) return
    if (data.kind === 'erase') wanted.resolve()
    else tell()
  }
  channel.addEventListener('message', hear)
  tell()
  await wanted.promise
  channel.removeEventListener('message', hear)
  await eraseWebHome(homeName).catch(() => undefined) // another tab has it, and does this
}
