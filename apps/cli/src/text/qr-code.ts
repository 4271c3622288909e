import { encodeQR } from 'qr'

/**
 * Returns a QR code of digits for a terminal: two rows of modules in one line. It is light on dark
 * and has its quiet zone, so that cameras read it on a dark terminal.
 */
export function qrCode(digits: string): string {
  const rows = encodeQR(digits, 'raw', { ecc: 'medium', border: 2 })
  const lines: string[] = []
  for (let y = 0; y < rows.length; y += 2) {
    const [upper = [], lower = []] = [rows[y], rows[y + 1]]
    // A light module is drawn, because the background of most terminals is dark.
    lines.push(
      upper.map((isDark, x) => blocks[isDark ? 'dark' : 'light'][(lower[x] ?? true) ? 'dark' : 'light']).join(''),
    )
  }
  return lines.join('\n')
}

const blocks = { light: { light: '█', dark: '▀' }, dark: { light: '▄', dark: ' ' } } as const
