import { Type } from 'typebox'
import { Bytes } from './ids.ts'

/** One short word in lower case. */
export const deviceKindPattern = '^[a-z]{1,16}$'

export const DeviceKindSchema = Type.String({
  pattern: deviceKindPattern,
  description: 'What the device says it is: terminal, browser, desktop, phone, bot, bridge, or another word',
  examples: ['terminal'],
})

/** The largest sealed label. All of them have the same size: see docs/encodings.md. */
export const maxLabelBytes = 544

export const SealedLabelSchema = Bytes(
  maxLabelBytes,
  'Name and kind of the device, sealed by a device of the account; opaque to the server',
)
