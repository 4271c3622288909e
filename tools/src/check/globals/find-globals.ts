import { readComments } from '../comments/read-comments.ts'

export type Finding = { readonly number: number; readonly name: string }

/** The names that read a clock of the machine, or draw random numbers or ids. */
const globals =
  /\b(Date\.now|performance\.now|new Date\(\)|systemClock|process\.hrtime|Math\.random|getRandomValues|randomUUID|randomBytes|randomInt|uuidv[47])\b|\bnew Date\(\)/

/**
 * Returns the lines of a source text that read a clock or draw random numbers. Comments and imports
 * are left out: the line that uses the import is found.
 */
export function findGlobals(source: string): readonly Finding[] {
  const comments = new Set(readComments(source).lines.map(({ number }) => number))
  const findings: Finding[] = []
  let isImport = false
  for (const [index, text] of source.split('\n').entries()) {
    if (/^(import|export) .*\bfrom\b|^import\b/.test(text)) isImport = true
    const found = isImport || comments.has(index + 1) ? undefined : globals.exec(text)
    if (/\bfrom '|^import '/.test(text)) isImport = false
    if (found) findings.push({ number: index + 1, name: found[0] })
  }
  return findings
}
