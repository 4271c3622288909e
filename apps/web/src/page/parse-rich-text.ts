export type TextPart = {
  readonly kind: 'plain' | 'bold' | 'italic' | 'code' | 'block' | 'link' | 'mention'
  readonly text: string
}

/** Finds code, bold, italic and links. No part of a text is read twice. */
const pattern =
  /```(?:[a-z0-9+#-]{0,20}\n)?([\s\S]{1,16000}?)```|`([^`\n]{1,1000})`|\*\*([^*\n]{1,1000})\*\*|(?<![\p{L}\p{N}_])_([^_\n]{1,1000})_(?![\p{L}\p{N}_])|\b(https?:\/\/[^\s<>"'`]{1,2000})/gu
/** Marks at the end of a link that belong to the sentence. */
const sentenceEnd = /[.,;:!?)\]}]+$/

/**
 * Returns the parts of a text. Their texts have the whole text, but for the marks around them.
 * `names` are the members whom it names with @; other names stay a text.
 */
export function parseRichText(text: string, names: readonly string[] = []): TextPart[] {
  const parts: TextPart[] = []
  const addPlain = (plain: string) => parts.push(...withMentions(plain, names))
  let end = 0
  for (const found of text.matchAll(pattern)) {
    const part = partOf(found)
    if (!part) continue
    if (found.index > end) addPlain(text.slice(end, found.index))
    parts.push(part)
    end = found.index + (part.kind === 'link' ? part.text.length : found[0].length)
  }
  if (end < text.length) addPlain(text.slice(end))
  return parts
}

function partOf([, block, code, bold, italic, link]: RegExpExecArray): TextPart | undefined {
  if (block !== undefined) return { kind: 'block', text: block.replace(/\n$/, '') }
  if (code !== undefined) return { kind: 'code', text: code }
  if (bold !== undefined) return { kind: 'bold', text: bold }
  if (italic !== undefined) return { kind: 'italic', text: italic }
  return link === undefined ? undefined : linkOf(link)
}

/** Returns a link without the end of its sentence. Undefined for an address that is none. */
function linkOf(written: string): TextPart | undefined {
  const text = written.replace(sentenceEnd, '')
  if (!URL.canParse(text)) return undefined
  const { protocol } = new URL(text)
  return protocol === 'https:' || protocol === 'http:' ? { kind: 'link', text } : undefined
}

/** A name with @ that stands by itself, as the SDK reads it. */
const named = /(?<![\p{L}\p{N}_.@-])@[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?/giu

function withMentions(text: string, names: readonly string[]): TextPart[] {
  const wanted = new Set(names.map((name) => `@${name.toLowerCase()}`))
  const parts: TextPart[] = []
  let end = 0
  for (const { index, 0: found } of wanted.size > 0 ? text.matchAll(named) : []) {
    if (!wanted.has(found.toLowerCase())) continue
    if (index > end) parts.push({ kind: 'plain', text: text.slice(end, index) })
    parts.push({ kind: 'mention', text: found })
    end = index + found.length
  }
  if (end < text.length) parts.push({ kind: 'plain', text: text.slice(end) })
  return parts
}
