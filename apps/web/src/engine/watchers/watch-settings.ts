import type { ChangedList, Client } from '@fastchat/client'
import type { AccountNews, SettingsState } from '../settings-state.ts'
import type { Watcher } from './watcher.ts'

/** The shared setting that says when the recovery key was put off, or that it is kept. */
export const recoverySetting = 'recovery-key'
export const keyKept = 'kept'

const lists: readonly ChangedList[] = ['settings', 'backup', 'devices', 'account', 'people', 'connection']

/** Keeps the switches, the backup and the account's news of the tabs in step with the device. */
export const watchSettings: Watcher = (client, patch) => {
  let news: readonly AccountNews[] = []
  let looking = Promise.resolve()
  const read = (): { settings: SettingsState } => ({ settings: settingsOf(client, news) })
  const look = () => {
    looking = looking.then(async () => {
      // A store that fails tells so elsewhere.
      news = await newsOf(client).catch(() => news)
      patch(read())
    })
  }
  client.changes.subscribe((batch) => {
    if (lists.some((list) => batch.lists.has(list))) look()
  })
  client.on('passwordChanged', look)
  client.on('deviceEnded', look)
  look()
  return read
}

function settingsOf(client: Client, news: readonly AccountNews[]): SettingsState {
  const { own, signals, backup, people, pins } = client
  const recovery = own.settings.get(recoverySetting)
  return {
    privacy: signals.privacy.settings,
    backup: backup.status(),
    blocked: people
      .blocked()
      .map((userId) => ({ userId, name: pins.nameOf(userId) }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    news,
    recovery: { isKept: recovery === keyKept, ...(typeof recovery === 'number' && { laterAt: recovery }) },
  }
}

async function newsOf({ ownDevices, idleDevices, account }: Client): Promise<AccountNews[]> {
  const signIns = (await ownDevices.unseen()).map(({ deviceId, name, createdAt }) => ({
    ...{ kind: 'signIn' as const, deviceId },
    ...(name !== undefined && { name }),
    ...(createdAt !== undefined && { at: createdAt }),
  }))
  const idle = (await idleDevices.unseen()).map(({ deviceId, name }) => ({ kind: 'idle' as const, deviceId, name }))
  const password = await account.passwords.unseen()
  return [...(password ? [{ kind: 'password' as const, by: password.by }] : []), ...signIns, ...idle]
}
