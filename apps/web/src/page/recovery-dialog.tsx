import { useEffect, useRef, useState } from 'preact/hooks'
import { usePage, useSelected } from './page-context.ts'
import styles from './recovery-dialog.module.css'

/** Shows the recovery key of a new account once. */
export function RecoveryDialog() {
  const { actions, words } = usePage()
  const recoveryKey = useSelected((state) => state.recoveryKey)
  const [isCopied, setIsCopied] = useState(false)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (recoveryKey !== undefined) dialog.current?.showModal()
  }, [recoveryKey])
  if (recoveryKey === undefined) return null
  const text = words.recovery
  const copy = async () => {
    await navigator.clipboard.writeText(recoveryKey)
    setIsCopied(true)
  }
  const download = () => {
    const url = URL.createObjectURL(new Blob([`${recoveryKey}\n`], { type: 'text/plain' }))
    const link = document.createElement('a')
    link.href = url
    link.download = 'fastchat-recovery-key.txt'
    link.click()
    URL.revokeObjectURL(url)
  }
  return (
    <dialog
      class={styles.dialog}
      ref={dialog}
      aria-labelledby="recovery-title"
      onClose={() => actions.account.hideRecoveryKey()}
    >
      <h2 id="recovery-title">{text.title}</h2>
      <p>{text.why}</p>
      <output class={styles.key} translate={false}>
        {recoveryKey}
      </output>
      <div class={styles.buttons}>
        <button type="button" onClick={() => void copy()}>
          {isCopied ? text.copied : text.copy}
        </button>
        <button type="button" onClick={download}>
          {text.download}
        </button>
        <button type="button" class={styles.done} onClick={() => dialog.current?.close()}>
          {text.done}
        </button>
      </div>
    </dialog>
  )
}
