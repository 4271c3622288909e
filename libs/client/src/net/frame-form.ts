import { formOf, limits, type ServerFrame, serverFrames } from '@fastchat/schema'
import { type TProperties, Type } from 'typebox'

/**
 * The number of letters in a frame beside its envelope. The ids and host names that a client keeps
 * are part of these.
 */
export const maxRestLetters = limits.maxFrameBytes

/** Later servers may add names of kinds and reasons. */
const AnyName = Type.String({ maxLength: 64 })
const formWith = (fields: TProperties) => formOf(Type.Object(fields))
// The reader of an entry judges its envelope: a wrong one makes one line and does not end the
// connection.
const { envelope: _, ...entryFields } = serverFrames.message.properties

const forms = {
  message: formWith({ ...entryFields, kind: AnyName, envelope: Type.Optional(Type.String()) }),
  gap: formWith({ ...serverFrames.gap.properties, reason: AnyName }),
  welcome: formWith({ ...serverFrames.welcome.properties, kind: AnyName, join: AnyName }),
  signaled: formWith(serverFrames.signaled.properties),
  account: formWith({ changed: AnyName }),
  reconnect: formWith(serverFrames.reconnect.properties),
} as const

/**
 * Returns the fault of a server's frame, if it is of a type from which a client keeps something.
 * Returns undefined for a correct frame. Unknown types and unknown fields are no fault.
 */
export function faultOf(frame: ServerFrame, letters: number): string | undefined {
  const envelope: unknown = 'envelope' in frame ? frame.envelope : undefined
  const rest = letters - (typeof envelope === 'string' ? envelope.length : 0)
  if (rest > maxRestLetters)
    return `the server sent a frame with more than ${maxRestLetters} letters beside its envelope`
  const { t } = frame
  const form = Object.hasOwn(forms, t) ? forms[t as keyof typeof forms] : undefined
  return form && !form.accepts(frame) ? `the server sent a ${t} frame that is not in the form of its type` : undefined
}
