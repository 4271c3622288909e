import { Type } from 'typebox'
import { Bytes } from '../ids.ts'
import { maxLabelCodePoints } from '../names/label.ts'
import { closed } from '../objects.ts'

/** The bytes of the picture of a person. It travels in each chat, so it is small. */
export const maxCardPictureBytes = 16 * 1024

/** The number of a decision. Of two decisions about one thing the higher number counts. */
export const DecisionNoSchema = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Of two decisions about one thing the one with the higher number counts',
})

/** The name and picture that a person shows to those whom they talk to. */
export const cardFields = {
  n: DecisionNoSchema,
  name: Type.Optional(Type.String({ minLength: 1, maxLength: maxLabelCodePoints })),
  picture: Type.Optional(Bytes(maxCardPictureBytes, 'A small PNG, JPEG or WebP')),
}

/** The payload kinds about people. */
export const peoplePayloads = {
  card: closed(
    'card',
    { v: Type.Literal(1), kind: Type.Literal('card'), ...cardFields },
    {
      description:
        "The sender's own name and picture. Clients send it by themselves. Of two cards of a user the higher `n` counts",
    },
  ),
} as const
