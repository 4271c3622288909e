import type { ConversationId } from '@fastchat/schema'

/** A line as an export needs it. All its other fields are written as they are. */
export type ExportLine = {
  readonly seq: number
  readonly file?: { readonly name: string; readonly size: number }
  /** The line is of a message that disappears, so it is left out. */
  readonly expiresAt?: unknown
}

/** The chats and lines that are exported. */
export type ExportSource<L extends ExportLine> = {
  chats(): Promise<readonly { readonly conversation: ConversationId; readonly name: string }[]>
  /** Returns the next lines behind a position, oldest first. None: there are no more. */
  after(conversation: ConversationId, seq: number): Promise<readonly L[]>
  /**
   * Returns what belongs to the account beside its lines, by the name of its file: profile, people,
   * settings, facts about chats.
   */
  documents?(): Promise<Readonly<Record<string, unknown>>>
  /** Fetches the file of a line and decrypts it. Throws when the server no longer has it. */
  file(line: L): Promise<Uint8Array>
}

/** The place that an export is written to. Names are relative, with slashes. */
export type ExportSink = {
  /** Returns the folder of a chat, which may differ from the wanted name. */
  chatFolder(name: string, conversation: ConversationId): Promise<string>
  /** Replaces a list of lines as a whole. */
  writeLines(path: string, lines: AsyncIterable<string>): Promise<void>
  /** Returns whether this file was written completely before. */
  hasFile(path: string, size: number): Promise<boolean>
  /** Writes a file that is not there yet. */
  writeFile(path: string, bytes: Uint8Array): Promise<void>
  /** Returns a name that is safe in the place. */
  safeName(name: string): string
}

/** A file that could not be fetched, and the reason. */
export type NotExported = {
  readonly conversation: ConversationId
  readonly seq: number
  readonly file: string
  readonly reason: string
}

export type ExportProgress = {
  readonly chats: { readonly done: number; readonly of: number }
  readonly lines: number
  readonly files: number
  /** The lines about messages that disappear. They are not exported. */
  readonly leftOut: number
  readonly missing: readonly NotExported[]
}

/** The files of one chat that are remembered for its list, until the list is written. */
const maxFiles = 100_000

/**
 * Writes every chat as a list of lines, one JSON object each, and every file beside it, and the
 * documents of the account. A repeated export fetches only the files that are not there yet. What
 * cannot be fetched is in the result, and does not stop the rest.
 *
 * @throws `signal`'s reason, or the error of the place when it cannot be written
 */
export async function exportHistory<L extends ExportLine>(
  source: ExportSource<L>,
  sink: ExportSink,
  { signal, onProgress = () => {} }: { signal?: AbortSignal; onProgress?: (progress: ExportProgress) => void } = {},
): Promise<ExportProgress> {
  const chats = await source.chats()
  const missing: NotExported[] = []
  let progress: ExportProgress = { chats: { done: 0, of: chats.length }, lines: 0, files: 0, leftOut: 0, missing }
  const moved = (change: Partial<ExportProgress>) => {
    progress = { ...progress, ...change }
    onProgress(progress)
  }
  for (const [name, value] of Object.entries((await source.documents?.()) ?? {}))
    await sink.writeLines(`${name}.json`, oneText(JSON.stringify(value, undefined, 2)))
  for (const [n, { conversation, name }] of chats.entries()) {
    const folder = await sink.chatFolder(name, conversation)
    const files: { readonly line: L; readonly path: string }[] = []
    const pathOf = (seq: number, sent: string) => `files/${seq}-${sink.safeName(sent)}`
    async function* lines(): AsyncGenerator<string> {
      for (let seq = 0; ; ) {
        signal?.throwIfAborted()
        const page = await source.after(conversation, seq)
        const lasting = page.filter(({ expiresAt }) => expiresAt === undefined)
        for (const line of lasting) {
          const path = line.file && pathOf(line.seq, line.file.name)
          if (path !== undefined && files.length < maxFiles) files.push({ line, path })
          yield JSON.stringify(path === undefined ? line : { ...line, path }, withoutPassing)
        }
        const leftOut = progress.leftOut + page.length - lasting.length
        moved({ lines: progress.lines + lasting.length, leftOut })
        const last = page.at(-1)
        if (!last) return
        seq = last.seq
      }
    }
    await sink.writeLines(`${folder}/messages.jsonl`, lines())
    for (const { line, path } of files) {
      signal?.throwIfAborted()
      const whole = `${folder}/${path}`
      if (await sink.hasFile(whole, line.file?.size ?? 0)) {
        moved({ files: progress.files + 1 })
        continue
      }
      const bytes = await source.file(line).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error)
        missing.push({ conversation, seq: line.seq, file: path, reason })
      })
      if (!bytes) continue
      await sink.writeFile(whole, bytes)
      moved({ files: progress.files + 1 })
    }
    moved({ chats: { done: n + 1, of: chats.length } })
  }
  return progress
}

async function* oneText(text: string): AsyncGenerator<string> {
  yield text
}

/** Leaves out the words of a message that disappears, where another line quotes it. */
function withoutPassing(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('expiresAt' in value) || !('text' in value)) return value
  const { text: __, ...rest } = value
  return rest
}
