import { type Client, exportHistory, exportSource } from '@fastchat/client'
import { ZipExport } from '@fastchat/client/web'
import type { Clock } from '@fastchat/clock'
import type { Handlers } from '../call.ts'
import type { Tasks } from '../tasks.ts'

export type Exported = {
  readonly file: Blob
  readonly lines: number
  readonly files: number
  /** The files that could not be fetched. */
  readonly missing: number
}

export type StorageCalls = {
  switchBackup: { input: { isOn: boolean } }
  backUpNow: { input: Record<string, never> }
  /** Puts all chats, files and settings into one zip file. */
  exportAll: { input: Record<string, never>; result: Exported }
}

export const storageCalls = (client: Client, tasks: Tasks, clock: Pick<Clock, 'wallMs'>): Handlers<StorageCalls> => ({
  switchBackup: async ({ isOn }) => void (await client.backup.switch(isOn)),
  backUpNow: async () =>
    await tasks.run('backup', async (signal, moved) => {
      // A status has no goal for what is stored, so only the count grows.
      const end = client.changes.subscribe(({ lists }) => {
        if (lists.has('backup')) moved(client.backup.status().lines)
      })
      await client.backup.now(signal).finally(end)
    }),
  exportAll: async () =>
    await tasks.run('export', async (signal, moved) => {
      const zip = new ZipExport(clock.wallMs())
      const onProgress = ({ lines, files, chats: { done, of } }: { lines: number; files: number; chats: Chats }) => {
        if (done < of || lines + files > 0) moved(done, of)
      }
      const { lines, files, missing } = await exportHistory(exportSource(client), zip.sink, { signal, onProgress })
      return { file: zip.finish(), lines, files, missing: missing.length }
    }),
})

type Chats = { readonly done: number; readonly of: number }
