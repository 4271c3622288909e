import { padContents, withoutPadding } from '@fastchat/crypto'
import { formOf, type HandoverContents, HandoverContentsSchema } from '@fastchat/schema'
import { deflate, inflate } from '../backup/lines.ts'

/** JSON of a part is cut at 4 MiB. One piece of a chat may go beyond that. */
const maxInflatedBytes = 32 * 1024 * 1024
const form = formOf(HandoverContentsSchema)

/** Returns a part as compressed JSON, padded. */
export const encodePart = async (contents: HandoverContents): Promise<Uint8Array> =>
  padContents(await deflate(new TextEncoder().encode(JSON.stringify(contents))))

/** @throws {RangeError | SyntaxError} when the bytes hold no part of a known form */
export async function decodePart(bytes: Uint8Array): Promise<HandoverContents> {
  const json = await inflate(withoutPadding(bytes), maxInflatedBytes)
  const value: unknown = JSON.parse(new TextDecoder().decode(json))
  if (!form.accepts(value)) throw new RangeError('a part of a form that this version does not know')
  return value
}
