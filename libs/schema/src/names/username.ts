import { Type } from 'typebox'

const usernamePattern = '^[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?$'
const isUsername = new RegExp(usernamePattern)
/** A name of 32 letters in any form that people type. */
const maxWrittenLetters = 64

/** The rule of usernames, for people. */
export const usernameRule =
  'a username has 1 to 32 of a–z, 0–9, dot, dash and underscore, with a letter or digit at both ends'

/** A username in its one form: what is stored, signed and shown. */
export const UsernameSchema = Type.String({
  pattern: usernamePattern,
  description: '1 to 32 of a–z, 0–9, dot, dash, underscore; begins and ends with a letter or digit',
  examples: ['ada'],
})

/** A username as a person may write it. `usernameOf` gives its one form. */
export const WrittenUsernameSchema = Type.String({
  minLength: 1,
  maxLength: maxWrittenLetters,
  description:
    'A username. NFKC and lower case make its one form of it, which has 1 to 32 of a–z, 0–9, dot, dash, underscore, and begins and ends with a letter or digit',
  examples: ['ada'],
})

/**
 * Returns the one form of a username that somebody wrote: NFKC, then lower case. `Ada`, and `Ａｄａ` in full width, are `ada`.
 * Undefined: no username has this form. That form is ASCII, so no two names look alike by their script, by marks, or by what is not seen.
 */
export function usernameOf(written: string): string | undefined {
  const username = usernamePrefixOf(written)
  return isUsername.test(username) ? username : undefined
}

/** Returns the beginning of a username in the form of `usernameOf`. */
export const usernamePrefixOf = (written: string): string => written.normalize('NFKC').toLowerCase()
