import process from 'node:process'
import { ClientError } from '@fastchat/client'
import { openDevice } from '@fastchat/client/node'
import { forward } from './forward.mjs'
import { createReceiver } from './receive.mjs'
import { readSettings } from './settings.mjs'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort())

/** Logs an event with ids only. Texts, tokens and keys are never logged. */
const log = (event, fields = {}) => console.log(JSON.stringify({ event, ...fields }))

/** Works until it is told to stop. A message that was not forwarded by then comes again. */
async function run() {
  const settings = readSettings(process.env)
  const { client, close } = await openDevice(settings.device)
  const receiver = createReceiver(client, settings)
  try {
    const address = await receiver.listen({ host: settings.host, port: settings.port })
    log('listening', { address, username: client.identity.username })
    for await (const message of client.texts.incoming({ signal: stop.signal })) {
      if (settings.target === undefined) continue
      const outcome = await forward(message, { ...settings, signal: stop.signal })
      log(outcome, { id: message.id, conversation: message.conversation })
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    await receiver.close()
    await close()
  }
}

try {
  await run()
  log('stopped')
} catch (error) {
  log('failed', { code: error.code ?? error.name, message: error instanceof ClientError ? error.message : undefined })
  process.exitCode = 1
}
