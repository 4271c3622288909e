import { limits, type ServerFrame, serverFrames } from '@fastchat/schema'
import { type TProperties, Type } from 'typebox'
import { Compile } from 'typebox/compile'

/** Letters of a frame besides its envelope. What a frame makes a client keep, ids and names of hosts, is part of these. */
export const maxRestLetters = limits.maxFrameBytes

/** Names of kinds and reasons that a later server may add. */
const AnyName = Type.String({ maxLength: 64 })
const formOf = (fields: TProperties) => Compile(Type.Object(fields))
// An envelope is judged by who reads it: a wrong one is one line, and does not end the connection.
const { envelope: _, ...entryFields } = serverFrames.message.properties

const forms = {
  message: formOf({ ...entryFields, kind: AnyName, envelope: Type.Optional(Type.String()) }),
  gap: formOf({ ...serverFrames.gap.properties, reason: AnyName }),
  welcome: formOf({ ...serverFrames.welcome.properties, kind: AnyName, join: AnyName }),
  reconnect: formOf(serverFrames.reconnect.properties),
} as const

/**
 * Returns what is wrong with a frame of a server for those that a client keeps something of, or undefined. Other types, and fields that
 * this version does not know, are nobody's fault.
 */
export function faultOf(frame: ServerFrame, letters: number): string | undefined {
  const envelope: unknown = 'envelope' in frame ? frame.envelope : undefined
  const rest = letters - (typeof envelope === 'string' ? envelope.length : 0)
  if (rest > maxRestLetters)
    return `the server sent a frame with more than ${maxRestLetters} letters beside its envelope`
  const { t } = frame
  const form = Object.hasOwn(forms, t) ? forms[t as keyof typeof forms] : undefined
  return form && !form.Check(frame) ? `the server sent a ${t} frame that is not in the form of its type` : undefined
}
