import { useEffect, useRef } from 'preact/hooks'
import { usePage, useSelected } from '../page-context.ts'
import { keyWords } from './key-words.ts'
import styles from './keyboard-sheet.module.css'
import { type Scope, shortcuts } from './shortcuts.ts'

/** Shows all keys. */
export function KeyboardSheet() {
  const { actions, words } = usePage()
  const isShown = useSelected((state) => state.isSheetShown === true)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (isShown) dialog.current?.showModal()
  }, [isShown])
  if (!isShown) return null
  const text = words.talk.keys
  return (
    <dialog ref={dialog} class={styles.sheet} aria-labelledby="keys-title" onClose={() => actions.showSheet(false)}>
      <header>
        <h2 id="keys-title">{text.title}</h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          {words.close}
        </button>
      </header>
      <div class={styles.scopes}>
        {(Object.keys(shortcuts) as Scope[]).map((scope) => (
          <section key={scope}>
            <h3>{text[scope]}</h3>
            <dl>
              {Object.entries(shortcuts[scope]).map(([action, keys]) => (
                <div key={action}>
                  {/* The cast holds because a test finds words for each action. */}
                  <dt>{text.does[action as keyof typeof text.does]}</dt>
                  <dd>
                    {keys.split(' ').map((key) => (
                      <kbd key={key}>{keyWords(key)}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  )
}
