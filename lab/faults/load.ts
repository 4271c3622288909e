import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Client, createRest, signIn, signUp } from '@fastchat/client'
import { sqliteStore } from '@fastchat/client/node'
import { password, passwordWork } from '@fastchat/tests/password'
import { seedDevices, seedGroup } from '@fastchat/tests/seed'
import { ClientProcess } from './clients/client-process.ts'
import type { Installation } from './installation.ts'

export type LoadOptions = {
  /** The number of devices that send opaque bytes, in groups. */
  readonly lightDevices: number
  /**
   * The number of people with an encrypting device each, two per process. All are in one group, and
   * in pairs.
   */
  readonly people: number
  /** The number of light devices in one group. */
  readonly groupSize?: number
}

const usualGroupSize = 3
const perProcess = 2

/** Starts the clients of a run. They are connected and send nothing yet. */
export async function startLoad(
  installation: Installation,
  folder: string,
  seed: number,
  { lightDevices, people, groupSize = usualGroupSize }: LoadOptions,
): Promise<ClientProcess[]> {
  const processes: ClientProcess[] = []
  if (people > 0) processes.push(...(await startPeople(installation, folder, seed, people)))
  if (lightDevices > 0) processes.push(await startLight(installation, folder, seed, { lightDevices, groupSize }))
  return processes
}

async function startLight(
  installation: Installation,
  folder: string,
  seed: number,
  { lightDevices: count, groupSize }: { readonly lightDevices: number; readonly groupSize: number },
): Promise<ClientProcess> {
  const { stack, pods } = installation
  const query = (text: string, values: unknown[]) => stack.sql(text, values)
  const seeded = await seedDevices(query, count)
  const conversations = []
  // Groups overlap, so that faults in one affect others.
  for (let first = 0; first < count; first += groupSize - 1) {
    const members = [...new Set(Array.from({ length: groupSize }, (_, n) => (first + n) % count))]
    conversations.push({
      conversation: await seedGroup(
        query,
        members.flatMap((n) => seeded[n] ?? []),
      ),
      members,
    })
  }
  return ClientProcess.light({
    journal: join(folder, 'light.jsonl'),
    seed,
    pods: pods.map((pod) => installation.podUrl(pod)),
    origin: stack.url,
    signingKeysFile: stack.signingKeysFile,
    devices: seeded,
    conversations,
  })
}

async function startPeople(
  { stack }: Installation,
  folder: string,
  seed: number,
  count: number,
): Promise<ClientProcess[]> {
  const homes = Array.from({ length: count }, (_, n) => ({
    name: `person${n}`,
    store: join(folder, `person${n}.sqlite`),
    key: randomBytes(32).toString('hex'),
  }))
  const stores = homes.map(({ store, key }) => sqliteStore(store, Buffer.from(key, 'hex')))
  for (const [n, { name }] of homes.entries())
    await signIn(
      stack.url,
      stores[n]!,
      await signUp(createRest(stack.url), name, password, undefined, passwordWork),
      name,
    )
  const clients = await Promise.all(stores.map((store) => Client.open(stack.url, store)))
  for (const client of clients) client.start()
  await settled(clients)
  const [admin] = clients
  if (!admin) throw new Error('no people')
  const ids = clients.map(({ identity }) => identity.userId)
  const group = await admin.createGroup('Everybody', ids.slice(1))
  for (let n = 0; n + 1 < count; n += 2) await clients[n]!.openDirect(ids[n + 1]!)
  // All people join before anything is broken.
  for (const client of clients)
    for (;;) {
      await settled(clients)
      const { status } = client.conversations().find(({ conversation }) => conversation === group.id) ?? {}
      if (status === 'active') break
    }
  await Promise.all(clients.map((client) => client.stop()))
  for (const store of stores) await store.close()
  const processes: ClientProcess[] = []
  for (let first = 0; first < count; first += perProcess)
    processes.push(
      ClientProcess.sdk({
        journal: join(folder, `people${first}.jsonl`),
        url: stack.url,
        seed: seed + first,
        people: homes.slice(first, first + perProcess),
      }),
    )
  return processes
}

const settled = (clients: readonly Client[]) =>
  Promise.all(clients.map((client) => client.settled(AbortSignal.timeout(30_000))))
