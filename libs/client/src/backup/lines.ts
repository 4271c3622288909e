import type { ConversationId } from '@fastchat/schema'
import { changeIn } from '../messages/backed-up-change.ts'
import type { Entry } from '../store/records.ts'
import { has, type Ranges } from './ranges.ts'
import type { RestoredLine } from './restored-line.ts'

/** A line as it is backed up: an entry without its conversation, which the segment names. */
export type Line = Omit<RestoredLine, 'conversation'>

/**
 * The JSON of a segment's lines before compression. Sealed and padded it stays below the size that
 * the server takes, even if it does not compress at all.
 */
export const maxLinesBytes = 224 * 1024

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export const lineBytes = (line: Line): number => encoder.encode(JSON.stringify(line)).length + 1

/** Returns bytes compressed (raw DEFLATE, RFC 1951). */
export function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  return through(bytes, new CompressionStream('deflate-raw'), Number.POSITIVE_INFINITY)
}

/** @throws {RangeError} when the bytes do not inflate, or to more than `maxBytes` */
export async function inflate(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  try {
    return await through(bytes, new DecompressionStream('deflate-raw'), maxBytes)
  } catch (cause) {
    throw new RangeError('bytes that do not inflate', { cause })
  }
}

/** Returns the contents of a segment. */
export const encodeLines = (lines: readonly Line[]): Promise<Uint8Array> =>
  deflate(encoder.encode(JSON.stringify({ v: 1, lines })))

/**
 * Returns the lines of a segment, each with its conversation and only inside the segment's ranges.
 *
 * @throws {RangeError} when the contents have another form
 */
export async function decodeLines(
  bytes: Uint8Array,
  { conversation, ranges }: { readonly conversation: ConversationId; readonly ranges: Ranges },
): Promise<readonly RestoredLine[]> {
  const json = decoder.decode(await inflate(bytes, 2 * maxLinesBytes))
  // The cast holds because every field is checked below, and a device of this account sealed it.
  const { v, lines } = parse(json) as { v?: unknown; lines?: unknown }
  if (v !== 1 || !Array.isArray(lines)) throw new RangeError('a segment of a form that this version does not know')
  return readLines(lines, { conversation, ranges })
}

/** Returns the values that are lines inside the ranges of a chat. */
export const readLines = (
  lines: readonly unknown[],
  { conversation, ranges }: { readonly conversation: ConversationId; readonly ranges: Ranges },
): readonly RestoredLine[] =>
  lines
    .filter(isLine)
    .flatMap((line) => (has(ranges, line.seq) ? [{ ...line, conversation, said: changeIn(line.said) }] : []))

const types: readonly unknown[] = ['message', 'system', 'mark'] satisfies Entry['type'][]

function isLine(value: unknown): value is Line {
  if (typeof value !== 'object' || value === null) return false
  const { type, seq, at } = value as Partial<Record<keyof Line, unknown>>
  return types.includes(type) && Number.isSafeInteger(seq) && typeof at === 'number'
}

function parse(json: string): unknown {
  const value: unknown = JSON.parse(json)
  if (typeof value !== 'object' || value === null) throw new RangeError('a segment that is no object')
  return value
}

async function through(
  bytes: Uint8Array,
  stream: CompressionStream | DecompressionStream,
  maxBytes: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  const readable = new Blob([bytes.slice()]).stream().pipeThrough(stream)
  for await (const part of readable) {
    size += part.length
    if (size > maxBytes) throw new RangeError('more bytes than this may hold')
    parts.push(part)
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
