import { readComments } from './read-comments.ts'

export type Finding = { readonly number: number; readonly problem: string }

export const maxColumns = 100
export const maxSentenceWords = 25
const minSentenceWords = 3

/** Phrases that readers stumbled over. The comment should say who does what. */
const bannedPhrases = [
  'whoever',
  'all the same',
  'for good',
  'of its own',
  'of their own',
  'at the door',
  'turned away',
  'nobody but',
]

/**
 * A first sentence that begins with one of these is a fragment: it needs the name below it to make
 * sense.
 */
const fragmentStart =
  /^(of|for|with|without|by|from|in|on|at|to|as|and|or|but|which|whose|what|whom|so|because|until|since|while|unless)\b/i

/**
 * Returns what is wrong with the comments of one source text. It finds lines over 100 columns,
 * first sentences of doc comments that are not sentences, and phrases that hide who does what.
 */
export function judgeComments(source: string): readonly Finding[] {
  const { lines, docs } = readComments(source)
  const findings: Finding[] = []
  for (const { number, text } of lines) {
    if (text.length > maxColumns && !isUnbreakable(text)) {
      findings.push({ number, problem: `${text.length} columns; at most ${maxColumns}` })
    }
    findings.push(...judgePhrases(number, text))
  }
  for (const { number, text } of docs) {
    const problem = judgeFirstSentence(text)
    if (problem) findings.push({ number, problem })
  }
  return findings.toSorted((a, b) => a.number - b.number)
}

/** Returns the phrases of a Markdown page that hide who does what. Code blocks are left out. */
export function judgePage(source: string): readonly Finding[] {
  const findings: Finding[] = []
  let isCode = false
  for (const [index, text] of source.split('\n').entries()) {
    if (/^\s*```/.test(text)) isCode = !isCode
    else if (!isCode) findings.push(...judgePhrases(index + 1, text))
  }
  return findings
}

function judgePhrases(number: number, text: string): readonly Finding[] {
  const phrase = bannedPhrases.find((one) => new RegExp(`\\b${one}\\b`, 'i').test(text))
  return phrase ? [{ number, problem: `"${phrase}": name who does it` }] : []
}

function judgeFirstSentence(doc: string): string | undefined {
  if (doc.startsWith('@')) return undefined
  const paragraph = doc.split(/:\n|\n\n/, 1)[0] ?? ''
  const text = (paragraph.length < doc.length ? `${paragraph}.` : doc).replaceAll(/\s+/g, ' ')
  const sentence = /^.*?\.(?=\s|$)/.exec(text)?.[0] ?? text
  const words = sentence.split(' ')
  const begin = `the first sentence "${sentence.slice(0, 60)}${sentence.length > 60 ? '…' : ''}"`
  if (!sentence.endsWith('.')) return `${begin} does not end with a full stop`
  if (/^\p{Ll}/u.test(sentence)) return `${begin} begins with a small letter`
  if (fragmentStart.test(sentence)) return `${begin} is a fragment: begin with the thing or the verb`
  if (words.length < minSentenceWords) return `${begin} is a fragment: at least ${minSentenceWords} words`
  if (words.length > maxSentenceWords) return `${begin} has ${words.length} words; at most ${maxSentenceWords}`
  return undefined
}

/** Returns true if the line holds one long word, such as a URL, that can't be broken. */
function isUnbreakable(line: string): boolean {
  return line.split(/\s+/).some((word) => word.length > maxColumns - 20)
}
