const maxNameBytes = 200
/** Names that mean a device on Windows, with any extension. */
const reserved = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/i

/**
 * Returns a file name that is safe here, made from the sender's name. It is no path and no hidden
 * file, and has no characters with a meaning for a terminal or a shell, nor such that make it look
 * like another name.
 */
export function safeFileName(sent: string): { readonly stem: string; readonly extension: string } {
  const name = (sent.split(/[/\\]/).at(-1) ?? '')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}<>:"|?*]/gu, '_')
    .replace(/^[.\s-]+/, '')
    .replace(/[.\s]+$/, '')
  const dot = name.lastIndexOf('.')
  const hasExtension = dot > 0 && name.length - dot <= 10
  const stem = cut(hasExtension ? name.slice(0, dot) : name, maxNameBytes) || 'file'
  const isReserved = reserved.test(stem.split('.')[0] ?? '')
  return { stem: isReserved ? `_${stem}` : stem, extension: hasExtension ? name.slice(dot) : '' }
}

function cut(text: string, maxBytes: number): string {
  let kept = ''
  for (const letter of text) {
    if (Buffer.byteLength(kept + letter) > maxBytes) break
    kept += letter
  }
  return kept
}
