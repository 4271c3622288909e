import type { ConversationId } from '@fastchat/schema'
import { downloadFile } from '../attachments.ts'
import type { Client } from '../client.ts'
import { ClientError } from '../errors.ts'
import type { Entry } from '../store/records.ts'
import { accountDocuments } from './account-documents.ts'
import type { ExportLine, ExportSource } from './export-history.ts'

/** The lines that one request to the store reads. */
const pageLines = 500

/** Returns the history of a device as the source of an export. */
export function exportSource(client: Client): ExportSource<Entry & ExportLine> {
  return {
    chats: async () =>
      client.conversations().map(({ conversation, name, peer }) => ({
        conversation,
        name: name ?? (peer === undefined ? conversation : client.pins.nameOf(peer)),
      })),
    documents: () => accountDocuments(client),
    async after(conversation: ConversationId, seq: number) {
      const page = await client.entriesAfter(conversation, seq, pageLines)
      // A full page may have only some of the lines of its last position.
      const last = page.length < pageLines ? undefined : page.at(-1)?.seq
      return page.filter((entry) => entry.seq !== last).map(withFile)
    },
    async file({ payload }) {
      const file = fileOf(payload)
      if (!file) throw new ClientError('unknown_message')
      return await downloadFile(client.api, file)
    },
  }
}

const fileOf = (payload: Entry['payload']) => (payload && 'file' in payload ? payload.file : undefined)

function withFile(entry: Entry): Entry & ExportLine {
  const file = fileOf(entry.payload)
  return file ? { ...entry, file: { name: file.name, size: file.size } } : entry
}
