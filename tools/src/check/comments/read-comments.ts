/** A comment line of a source file, unchanged. */
export type CommentLine = { readonly number: number; readonly text: string }

/** The text of one doc comment, without its stars, and the line on which it begins. */
export type DocComment = { readonly number: number; readonly text: string }

export type Comments = { readonly lines: readonly CommentLine[]; readonly docs: readonly DocComment[] }

/**
 * Returns the comments of a TypeScript, JavaScript or SQL text that are on separate lines. It looks
 * at how lines begin, as this project's formatter leaves them. The formatter wraps comments behind
 * code.
 */
export function readComments(source: string): Comments {
  const lines: CommentLine[] = []
  const docs: DocComment[] = []
  let open: { number: number; isDoc: boolean; parts: string[] } | undefined
  for (const [index, text] of source.split('\n').entries()) {
    const number = index + 1
    const trimmed = text.trim()
    if (!open && /^(\/\/|-- )/.test(trimmed)) lines.push({ number, text })
    if (!open && trimmed.startsWith('/*')) open = { number, isDoc: trimmed.startsWith('/**'), parts: [] }
    if (!open) continue
    lines.push({ number, text })
    open.parts.push(withoutStars(trimmed))
    if (!trimmed.includes('*/')) continue
    if (open.isDoc) docs.push({ number: open.number, text: open.parts.join('\n').trim() })
    open = undefined
  }
  return { lines, docs }
}

function withoutStars(line: string): string {
  return line
    .replace(/^\/\*\*?/, '')
    .replace(/\*\/.*$/, '')
    .replace(/^\*/, '')
    .trim()
}
