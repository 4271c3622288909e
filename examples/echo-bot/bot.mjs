import process from 'node:process'
import { ClientError, Trouble } from '@fastchat/client'
import { openDevice } from '@fastchat/client/node'
import { answerTo } from './answer.mjs'
import { readSettings } from './settings.mjs'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort())

/** Answers until it is told to stop. Messages that come later are answered at the next start. */
async function run(login) {
  const { client, close } = await openDevice({ ...readSettings(process.env), login, deviceName: 'Echo bot' })
  client.on('connection', ({ state }) => console.log(`The connection is ${state}`))
  client.on('trouble', (error) => {
    // Texts of messages never get here, so this may be logged.
    if (error instanceof Trouble) console.error(`Trouble ${error.code}: ${error.message}`)
  })
  try {
    console.log(`Answering as ${client.identity.username}`)
    for await (const message of client.texts.incoming({ signal: stop.signal, accept: () => true })) {
      const { kind } = client.conversation(message.conversation).record
      const answer = answerTo(message, { kind, me: client.identity.userId })
      if (answer === undefined) continue
      await message.reply(answer).catch((error) => {
        // The bot was removed from the group, or only admins write there: there is no answer then.
        if (!(error instanceof ClientError)) throw error
        console.error(`Message ${message.id} has no answer: ${error.code}`)
      })
    }
  } finally {
    await close()
  }
}

const sessionOver = ['session_ended', 'session_idle', 'not_signed_in']

try {
  await run('if_needed').catch(async (error) => {
    // The session was ended from elsewhere, as by a change of the password: the bot logs in anew.
    if (!(error instanceof ClientError && sessionOver.includes(error.code))) throw error
    await run('always')
  })
  console.log('Stopped')
} catch (error) {
  console.error(`The bot cannot go on: ${error.message}`)
  process.exitCode = 1
}
