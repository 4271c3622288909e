export type TextPart = { readonly kind: 'plain' | 'bold' | 'italic' | 'code' | 'link'; readonly text: string }

/** Finds code, bold, italic and links. No part of a text is read twice. */
const pattern =
  /`([^`\n]{1,1000})`|\*\*([^*\n]{1,1000})\*\*|(?<![\p{L}\p{N}_])_([^_\n]{1,1000})_(?![\p{L}\p{N}_])|\b(https?:\/\/[^\s<>"'`]{1,2000})/gu
/** Marks at the end of a link that belong to the sentence. */
const sentenceEnd = /[.,;:!?)\]}]+$/

/** Returns the parts of a text. Their texts have the whole text, but for the marks around them. */
export function parseRichText(text: string): TextPart[] {
  const parts: TextPart[] = []
  let end = 0
  for (const { index, 0: whole, 1: code, 2: bold, 3: italic, 4: link } of text.matchAll(pattern)) {
    const part = link === undefined ? markOf(code, bold, italic) : linkOf(link)
    if (!part) continue
    if (index > end) parts.push({ kind: 'plain', text: text.slice(end, index) })
    parts.push(part)
    end = index + (link === undefined ? whole.length : part.text.length)
  }
  if (end < text.length) parts.push({ kind: 'plain', text: text.slice(end) })
  return parts
}

function markOf(code: string | undefined, bold: string | undefined, italic: string | undefined): TextPart | undefined {
  if (code !== undefined) return { kind: 'code', text: code }
  if (bold !== undefined) return { kind: 'bold', text: bold }
  return italic === undefined ? undefined : { kind: 'italic', text: italic }
}

/** Returns a link without the end of its sentence. Undefined for an address that is none. */
function linkOf(written: string): TextPart | undefined {
  const text = written.replace(sentenceEnd, '')
  if (!URL.canParse(text)) return undefined
  const { protocol } = new URL(text)
  return protocol === 'https:' || protocol === 'http:' ? { kind: 'link', text } : undefined
}
