import { maxTextLetters } from '@fastchat/schema'
import { usageError } from '../cli-error.ts'

/** A thumbnail, and a caption of letters with four bytes each, still fit into one message. */
const maxCaptionLetters = 2_000

/** @throws {CliError} `usage` when a message may not have so many letters. */
export function checkText(text: string): void {
  check('A text', 'Shorten it, or send it in parts', maxTextLetters, text)
}

/** @throws {CliError} `usage` when a caption may not have so many letters. */
export function checkCaption(caption: string): void {
  check('A caption', 'Shorten it, or send the rest as a text', maxCaptionLetters, caption)
}

function check(what: string, todo: string, max: number, text: string): void {
  const { length } = Array.from(text)
  if (length > max) throw usageError(`${what} has at most ${max} letters, and this one has ${length}. ${todo}`)
}
