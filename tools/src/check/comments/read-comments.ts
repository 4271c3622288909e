/** One comment line of a source file, as it stands there. */
export type CommentLine = { readonly number: number; readonly text: string }

/** The text of one doc comment, without its stars, and the line on which it begins. */
export type DocComment = { readonly number: number; readonly text: string }

export type Comments = { readonly lines: readonly CommentLine[]; readonly docs: readonly DocComment[] }

/**
 * Returns the comments of a TypeScript, JavaScript or SQL text that have lines to themselves.
 * Goes by how a line begins, as the formatter of this project leaves it; comments behind code are
 * the formatter's.
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
