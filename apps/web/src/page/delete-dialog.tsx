import { useEffect, useRef } from 'preact/hooks'
import { usePage, useSelected } from './page-context.ts'
import styles from './recovery-dialog.module.css'

/** Asks for whom a message is to be deleted. */
export function DeleteDialog() {
  const { actions, words } = usePage()
  const deleting = useSelected((state) => state.deleting)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (deleting) dialog.current?.showModal()
  }, [deleting])
  const target = deleting?.id
  if (!deleting || target === undefined) return null
  return (
    <dialog
      class={styles.dialog}
      ref={dialog}
      aria-labelledby="delete-title"
      onClose={() => actions.messages.askToDelete(undefined)}
    >
      <h2 id="delete-title">{words.conversation.deleteTitle}</h2>
      <p class={styles.quoted} dir="auto">
        {deleting.text}
      </p>
      <div class={styles.buttons}>
        <button type="button" onClick={() => void actions.messages.remove(target, false)}>
          {words.conversation.deleteForMe}
        </button>
        {deleting.isOwn && (
          <button type="button" onClick={() => void actions.messages.remove(target, true)}>
            {words.conversation.deleteForAll}
          </button>
        )}
        <button type="button" class={styles.done} onClick={() => dialog.current?.close()}>
          {words.cancel}
        </button>
      </div>
    </dialog>
  )
}
