import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRest, ServerError, signUp } from '@fastchat/client'
import { type OpenDevice, openDevice } from '@fastchat/client/node'
import type { ConversationId, MessageId } from '@fastchat/schema'
import { OperatorError } from '@fastchat/testkit/local'
import { directPast, groupName, groupPast, groupTopic, readUpTo } from './demo-past.ts'
import { type DemoName, demoPassword, demoPeople } from './demo-people.ts'
import { type DemoClients, playPast } from './play-past.ts'

export { demoPassword } from './demo-people.ts'

type DemoOptions = {
  readonly url: string
  /** The folder with the devices that wrote the past. */
  readonly folder: string
  readonly say: (line: string) => void
}

/**
 * Fills an installation with people, a chat, and a group with a past, once. The people are devices
 * like all others: the server gets nothing but encrypted messages.
 *
 * @throws {OperatorError} when other people have the names already
 */
export async function seedDemo({ url, folder, say }: DemoOptions): Promise<void> {
  const done = join(folder, 'done')
  if (!existsSync(done)) {
    if (existsSync(folder))
      throw new OperatorError(`the demo was interrupted before. Remove ${folder}, and use another DATA_DIR`)
    say('Making the demo: four people, a chat and a group …')
    await createAccounts(url)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writePast(url, folder)
    await writeFile(done, '')
  }
  say(howToTry(url))
}

async function createAccounts(url: string): Promise<void> {
  const rest = createRest(url)
  for (const name of demoPeople)
    await signUp(rest, name, demoPassword).catch((error: unknown) => {
      if (error instanceof ServerError && error.code === 'username_taken')
        throw new OperatorError(`somebody is named ${name} already, so there is no demo here. Use another DATA_DIR`)
      throw error
    })
}

async function writePast(url: string, folder: string): Promise<void> {
  const devices: OpenDevice[] = []
  try {
    for (const username of demoPeople)
      devices.push(
        await openDevice({
          ...{ url, username, home: join(folder, username), deviceName: 'Demo' },
          password: () => demoPassword,
        }),
      )
    const [ann, ben, cleo, dana] = devices.map(({ client }) => client)
    if (!ann || !ben || !cleo || !dana) return
    await writeChats({ ann, ben, cleo, dana })
    // The past reaches a new browser from the backup.
    for (const { client } of devices) await client.backup.now()
  } finally {
    for (const device of devices) await device.close()
  }
}

async function writeChats(clients: DemoClients): Promise<void> {
  const { ann, ben, cleo, dana } = clients
  const ids = { ben: ben.identity.userId, cleo: cleo.identity.userId, dana: dana.identity.userId }
  for (const client of Object.values(clients)) await client.settled()

  const direct = (await ann.openDirect(ids.ben)).id
  await joined(clients, direct, ['ben'])
  await playPast(clients, direct, directPast, ['ann', 'ben'])

  const group = (await ann.createGroup(groupName, Object.values(ids))).id
  await joined(clients, group, ['ben', 'cleo', 'dana'])
  await ann.groups.setTopic(group, groupTopic)
  await ann.groups.promote(group, ids.cleo)
  const written: MessageId[] = []
  await playPast(clients, group, groupPast.slice(0, readUpTo), demoPeople, written)
  await ann.conversation(group).markRead(ann.conversation(group).record.cursor)
  await playPast(clients, group, groupPast.slice(readUpTo), demoPeople, written)
}

/** Resolves when people have a chat, and have accepted it. */
async function joined(clients: DemoClients, id: ConversationId, names: readonly DemoName[]) {
  for (const name of names) {
    const client = clients[name]
    const here = Promise.withResolvers<void>()
    const look = () => {
      if (client.conversations().some((record) => record.conversation === id && record.status === 'active'))
        here.resolve()
    }
    const end = client.changes.subscribe(look)
    look()
    await here.promise
    end()
    await client.people.accept(id)
  }
}

const howToTry = (url: string): string =>
  [
    `The demo has ${demoPeople.join(', ')}, all with the password ${demoPassword}.`,
    `Open ${url} in a browser and log in as ann, and in a private window as ben. Or: npx fastchat login dana`,
    'All messages of the past were written just now: a server does not let anybody choose the time.',
  ].join('\n')
