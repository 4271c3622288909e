/**
 * Returns the words of a line. Quotes keep spaces in a word. A backslash keeps the next letter as
 * it is.
 */
export function splitWords(line: string): string[] {
  const words: string[] = []
  const pattern = /"((?:[^"\\]|\\.)*)"?|'([^']*)'?|((?:[^\s"'\\]|\\.)+)/g
  let end = -1
  for (const match of line.matchAll(pattern)) {
    const [whole, double, single, bare] = match
    const text = single ?? (double ?? bare ?? '').replace(/\\(.)/g, '$1')
    // A part without a space before it belongs to the word before: Road" trip" is one word.
    if (match.index === end) words.push(`${words.pop() ?? ''}${text}`)
    else words.push(text)
    end = match.index + whole.length
  }
  return words
}
