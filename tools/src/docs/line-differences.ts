/** The lines that are shown of a difference. */
const maxLines = 20

/** Returns the lines that only one of two texts has, as `- line` and `+ line`. */
export function lineDifferences(before: string, after: string): readonly string[] {
  const [old, fresh] = [before.split('\n'), after.split('\n')]
  const gone = old.filter((line) => !fresh.includes(line)).map((line) => `- ${line}`)
  const added = fresh.filter((line) => !old.includes(line)).map((line) => `+ ${line}`)
  return [...gone, ...added].slice(0, maxLines)
}
