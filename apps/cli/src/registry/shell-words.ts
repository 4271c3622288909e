/** Returns the words as one line for a POSIX shell, each in quotes where the shell needs them. */
export const shellWords = (words: readonly string[]): string => words.map(shellWord).join(' ')

function shellWord(word: string): string {
  if (/^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word)) return word
  // Between double quotes these signs keep their meaning for the shell, or for its history.
  if (!/["$`\\!]/.test(word)) return `"${word}"`
  return `'${word.replaceAll("'", "'\\''")}'`
}
