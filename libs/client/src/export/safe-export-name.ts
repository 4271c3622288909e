const maxNameLetters = 100

/** Returns a name with letters, digits, dots and dashes only: no path, and no hidden file. */
export function safeExportName(name: string): string {
  const safe = name
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '_')
    .replace(/^[._-]+/, '')
  return (
    [...safe]
      .slice(-maxNameLetters)
      .join('')
      .replace(/^[._-]+/, '') || 'file'
  )
}
