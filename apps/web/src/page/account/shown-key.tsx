import { useState } from 'preact/hooks'
import { usePage } from '../page-context.ts'
import styles from './shown-key.module.css'

/** Shows a recovery key, with the ways to keep it. */
export function ShownKey({ recoveryKey }: { readonly recoveryKey: string }) {
  const { words } = usePage()
  const [isCopied, setIsCopied] = useState(false)
  const text = words.recovery
  const copy = async () => {
    await navigator.clipboard.writeText(recoveryKey)
    setIsCopied(true)
  }
  return (
    <>
      <output class={styles.key} translate={false}>
        {recoveryKey}
      </output>
      <div class={styles.row}>
        {/* A browser without a clipboard still has the text, which a click selects as a whole. */}
        <button type="button" onClick={() => void copy().catch(() => {})}>
          {isCopied ? text.copied : text.copy}
        </button>
        <button type="button" onClick={() => saveFile(new Blob([`${recoveryKey}\n`]), 'fastchat-recovery-key.txt')}>
          {text.download}
        </button>
      </div>
    </>
  )
}

/** Lets the browser save a file. */
export function saveFile(file: Blob, name: string): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // A browser that has not begun yet would lose the file.
  setTimeout(() => URL.revokeObjectURL(url), saveMs)
}

const saveMs = 60_000
