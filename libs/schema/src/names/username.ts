import { Type } from 'typebox'

const usernamePattern = '^[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?$'
const isUsername = new RegExp(usernamePattern)
/** Leaves room for 32 letters in any form that people type. */
const maxWrittenLetters = 64

/** The rule of usernames, as a text for people. */
export const usernameRule =
  'a username has 1 to 32 of a–z, 0–9, dot, dash and underscore, with a letter or digit at both ends'

/** A username in its one form, in which it is stored, signed and shown. */
export const UsernameSchema = Type.String({
  pattern: usernamePattern,
  description: '1 to 32 of a–z, 0–9, dot, dash, underscore; begins and ends with a letter or digit',
  examples: ['ada'],
})

/** A username as a person may type it. `usernameOf` returns its one form. */
export const WrittenUsernameSchema = Type.String({
  minLength: 1,
  maxLength: maxWrittenLetters,
  description:
    'A username in any form. NFKC and lower case turn it into its one form, which has 1 to 32 of a–z, 0–9, dot, dash, underscore, and begins and ends with a letter or digit',
  examples: ['ada'],
})

/**
 * Returns the one form of a username that a person typed: NFKC, then lower case. `Ada` and
 * full-width `Ａｄａ` both become `ada`. Returns undefined when the result is not a username. The form
 * is ASCII, so names cannot look alike by another script, by marks or by invisible characters.
 */
export function usernameOf(written: string): string | undefined {
  const username = usernamePrefixOf(written)
  return isUsername.test(username) ? username : undefined
}

/** Returns the beginning of a username in the form that `usernameOf` returns. */
export const usernamePrefixOf = (written: string): string => written.normalize('NFKC').toLowerCase()
