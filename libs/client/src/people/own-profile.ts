import { type Card, maxCardPictureBytes, toBase64Url } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import { readLabel } from '../names.ts'
import type { ConversationRecord } from '../store/records.ts'
import { shownName } from './shown-name.ts'

/** A change of the own profile. `null` removes the name or the picture. */
export type OwnProfileChange = {
  readonly name?: string | null
  /** A PNG, JPEG or WebP of at most `maxCardPictureBytes`. */
  readonly picture?: Uint8Array | null
}

/**
 * Returns the own card if a chat does not have it yet: it has changed since, or somebody was added.
 */
export function dueCard(card: Card | undefined, { cardSent }: ConversationRecord): Card | undefined {
  return card !== undefined && cardSent !== card.n ? card : undefined
}

/**
 * Returns the own card after a change. Parts that the change does not name stay.
 *
 * @throws {ClientError} `invalid_name`, `too_large`
 */
export function changedCard(card: Card | undefined, { name, picture }: OwnProfileChange): Omit<Card, 'n'> {
  const nextName = name === undefined ? card?.name : name === null ? undefined : readDisplayName(name)
  if (picture && picture.length > maxCardPictureBytes)
    throw new ClientError(
      'too_large',
      `A picture of a profile has at most ${maxCardPictureBytes / 1024} KiB. Choose a smaller one`,
    )
  const nextPicture = picture === undefined ? card?.picture : picture === null ? undefined : toBase64Url(picture)
  return {
    ...(nextName !== undefined && { name: nextName }),
    ...(nextPicture !== undefined && { picture: nextPicture }),
  }
}

function readDisplayName(written: string): string {
  const name = readLabel(written, 'person')
  if (shownName(name) !== name) throw new ClientError('invalid_name', 'The name of a person has no @ and no brackets')
  return name
}
