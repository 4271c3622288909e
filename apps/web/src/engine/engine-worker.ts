import { openWebHome } from '@fastchat/client/web'
import { Engine } from './engine.ts'
import { failureOf } from './failure-of.ts'
import { channelName, type FromEngine, homeName, type ToEngine } from './protocol.ts'

/**
 * The engine of all tabs: it runs in the worker of one tab, which holds the home. The workers of
 * the other tabs wait for their turn.
 */
const channel = new BroadcastChannel(channelName)
const say = (message: FromEngine): void => channel.postMessage(message)

try {
  for (;;) await runOnce()
} catch (error) {
  say({ to: 'tabs', kind: 'broken', failure: failureOf(error) })
}

/** Runs the engine until its home is erased, here or by another tab. */
async function runOnce(): Promise<void> {
  const home = await openWebHome(homeName)
  const term = crypto.randomUUID()
  const engine = new Engine({ home, baseUrl: location.origin, say })
  await engine.open()
  const tell = () => say({ to: 'tabs', kind: 'state', term, state: engine.state })
  const hear = ({ data }: MessageEvent<ToEngine>) => {
    if (data.to !== 'engine') return
    if (data.kind === 'hello') tell()
    else void engine.call(data)
  }
  channel.addEventListener('message', hear)
  tell()
  await home.gone
  channel.removeEventListener('message', hear)
  await engine.stop()
}
