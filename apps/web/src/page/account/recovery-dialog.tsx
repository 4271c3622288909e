import { useEffect, useRef } from 'preact/hooks'
import { usePage, useSelected } from '../page-context.ts'
import styles from '../recovery-dialog.module.css'
import { ShownKey } from './shown-key.tsx'

/** Shows the recovery key of a new account once. Whoever closes it is reminded for some days. */
export function RecoveryDialog() {
  const { actions, words } = usePage()
  const recoveryKey = useSelected((state) => state.recoveryKey)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (recoveryKey !== undefined) dialog.current?.showModal()
  }, [recoveryKey])
  if (recoveryKey === undefined) return null
  const text = words.recovery
  return (
    <dialog
      class={styles.dialog}
      ref={dialog}
      aria-labelledby="recovery-title"
      onClose={({ currentTarget }) =>
        void actions.account.hideRecoveryKey(currentTarget.returnValue === 'kept' ? 'kept' : 'later')
      }
    >
      <h2 id="recovery-title">{text.title}</h2>
      <p>{text.why}</p>
      <ShownKey recoveryKey={recoveryKey} />
      <div class={`${styles.buttons} ${styles.last}`}>
        <button type="button" onClick={() => dialog.current?.close('later')}>
          {text.later}
        </button>
        <button type="button" class={styles.done} onClick={() => dialog.current?.close('kept')}>
          {text.done}
        </button>
      </div>
    </dialog>
  )
}
