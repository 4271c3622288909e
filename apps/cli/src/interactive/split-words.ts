/** The words of a line; quotes keep a name with spaces together, a backslash keeps the next letter as it is. */
export function splitWords(line: string): string[] {
  const words: string[] = []
  const pattern = /"((?:[^"\\]|\\.)*)"?|'([^']*)'?|((?:[^\s"'\\]|\\.)+)/g
  let end = -1
  for (const match of line.matchAll(pattern)) {
    const [whole, double, single, bare] = match
    const text = single ?? (double ?? bare ?? '').replace(/\\(.)/g, '$1')
    // What touches the word before belongs to it: Road" trip" is one word.
    if (match.index === end) words.push(`${words.pop() ?? ''}${text}`)
    else words.push(text)
    end = match.index + whole.length
  }
  return words
}
