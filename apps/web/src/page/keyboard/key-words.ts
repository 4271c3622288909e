const names: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  ContextMenu: '☰',
}
const isMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.userAgent)

/** Returns a key of the table as a person reads it. */
export function keyWords(written: string): string {
  if (written === '+') return written
  const parts = written.split('+').map((part) => {
    if (part === 'Mod') return isMac() ? '⌘' : 'Ctrl'
    return names[part] ?? (part.length === 1 ? part.toUpperCase() : part)
  })
  return parts.join(' ')
}
