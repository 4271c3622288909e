import { CannotProcess } from '@fastchat/crypto'
import { chatOperations, type LogEntry } from '@fastchat/schema'
import { isPermanent, ServerError } from '../errors.ts'
import type { Entry } from '../store/records.ts'
import { alteredLine, blameFor } from './blame.ts'
import type { Context } from './context.ts'
import type { ReadResult, Snapshot } from './read-result.ts'

/** A log entry and its result. */
export type Read = { readonly entry: LogEntry; readonly result: ReadResult }

/**
 * Reads an entry, and fetches a commit that cannot be followed once more: the server may have
 * altered it. When the bytes differ now, the new bytes are read instead. The result says so in a
 * line, and names the author of a commit only as `blameFor` does.
 *
 * Makes at most one request for the entry and one for a group info.
 *
 * @throws the error of the request when the server does not answer: the entry is to be read again
 */
export async function readWithRefetch(
  context: Context,
  snapshot: Snapshot,
  entry: LogEntry,
  read: (entry: LogEntry) => Promise<ReadResult>,
): Promise<Read> {
  const first = await read(entry)
  if (first.failure === undefined) return { entry, result: first }
  const again = await fetchAgain(context, entry)
  if (again === undefined || again.envelope === entry.envelope)
    return { entry, result: withLines(first, await linesAbout(context, snapshot, entry, first)) }
  const second = await read(again)
  const [altered, ...others] = [alteredLine(entry), ...(await linesAbout(context, snapshot, again, second))]
  const lines = [altered, ...others.filter(({ event }) => !isSame(event, altered.event))]
  return { entry: again, result: withLines(second, lines) }
}

const isSame = (a: Entry['event'], b: Entry['event']): boolean =>
  a?.kind === 'trouble' && b?.kind === 'trouble' && a.code === b.code

async function linesAbout(
  context: Context,
  snapshot: Snapshot,
  entry: LogEntry,
  { failure }: ReadResult,
): Promise<Entry[]> {
  if (!(failure instanceof CannotProcess)) return []
  const line = await blameFor(context, snapshot, entry, failure)
  return line ? [line] : []
}

function withLines(result: ReadResult, lines: readonly Entry[]): ReadResult {
  if (lines.length === 0) return result
  return { ...result, entries: [...result.entries, ...lines], troubles: lines }
}

/**
 * Fetches the bytes of an entry again; its other fields stay. Returns undefined when the server
 * rejects the request, so a commit that it delivers only once blocks nothing.
 */
async function fetchAgain({ api }: Context, entry: LogEntry): Promise<LogEntry | undefined> {
  const { conversation, seq } = entry
  try {
    const { envelope } = await api.call(chatOperations.getMessage, { params: { conversation, seq } })
    return envelope === undefined ? undefined : { ...entry, envelope }
  } catch (error) {
    if (error instanceof ServerError || isPermanent(error)) return undefined
    throw error
  }
}
