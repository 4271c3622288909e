import { useEffect, useState } from 'preact/hooks'
import styles from './people.module.css'

/** The light modules around the code, by which a camera finds it. */
const border = 2

/** Draws digits as a QR code. The program that makes it is fetched when the first one is shown. */
export function QrCode({ digits, label }: { readonly digits: string; readonly label: string }) {
  const [rows, setRows] = useState<readonly (readonly boolean[])[]>()
  useEffect(() => {
    let isCurrent = true
    void import('qr').then(({ encodeQR }) => isCurrent && setRows(encodeQR(digits, 'raw', { ecc: 'medium', border })))
    return () => {
      isCurrent = false
    }
  }, [digits])
  if (!rows) return <div class={styles.qr} />
  return (
    <svg
      class={styles.qr}
      role="img"
      aria-label={label}
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      shape-rendering="crispEdges"
    >
      <rect width={rows.length} height={rows.length} fill="#ffffff" />
      <path d={pathOf(rows)} fill="#000000" />
    </svg>
  )
}

/** Returns the dark modules as a path, a square for each. */
const pathOf = (rows: readonly (readonly boolean[])[]): string =>
  rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
