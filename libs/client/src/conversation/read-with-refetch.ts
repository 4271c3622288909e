import { CannotProcess } from '@fastchat/crypto'
import { chatOperations, type LogEntry } from '@fastchat/schema'
import { isPermanent, ServerError } from '../errors.ts'
import type { Entry } from '../store/records.ts'
import { alteredLine, blameFor } from './blame.ts'
import type { Context } from './context.ts'
import type { Reading, View } from './reading.ts'

/** A log entry and its reading. */
export type Read = { readonly entry: LogEntry; readonly reading: Reading }

/**
 * Reads an entry, and fetches a commit that cannot be followed once more: the server may have
 * altered it. When the bytes differ now, the new bytes are read instead. The reading says so in a
 * line, and names the author of a commit only as `blameFor` does.
 *
 * Makes at most one request for the entry and one for a group info.
 *
 * @throws the error of the request when the server does not answer: the entry is to be read again
 */
export async function readWithRefetch(
  context: Context,
  view: View,
  entry: LogEntry,
  read: (entry: LogEntry) => Promise<Reading>,
): Promise<Read> {
  const first = await read(entry)
  if (first.failure === undefined) return { entry, reading: first }
  const again = await fetchAgain(context, entry)
  if (again === undefined || again.envelope === entry.envelope)
    return { entry, reading: withLines(first, await linesAbout(context, view, entry, first)) }
  const second = await read(again)
  const [altered, ...others] = [alteredLine(entry), ...(await linesAbout(context, view, again, second))]
  const lines = [altered, ...others.filter(({ event }) => !isSame(event, altered.event))]
  return { entry: again, reading: withLines(second, lines) }
}

const isSame = (a: Entry['event'], b: Entry['event']): boolean =>
  a?.kind === 'trouble' && b?.kind === 'trouble' && a.code === b.code

async function linesAbout(context: Context, view: View, entry: LogEntry, { failure }: Reading): Promise<Entry[]> {
  if (!(failure instanceof CannotProcess)) return []
  const line = await blameFor(context, view, entry, failure)
  return line ? [line] : []
}

function withLines(reading: Reading, lines: readonly Entry[]): Reading {
  if (lines.length === 0) return reading
  return { ...reading, entries: [...reading.entries, ...lines], troubles: lines }
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
