import { useEffect, useRef } from 'preact/hooks'
import { Avatar } from '../avatar.tsx'
import { usePage, useSelected } from '../page-context.ts'
import styles from './people.module.css'
import { PersonName } from './person-name.tsx'
import { PresenceText } from './presence.tsx'
import { SafetySection } from './safety-section.tsx'
import { SharedGroups } from './shared-groups.tsx'

/** Shows who somebody is, and what this person may decide about them. */
export function PersonPanel() {
  const { actions, words } = usePage()
  const person = useSelected((state) => state.person)
  const dialog = useRef<HTMLDialogElement>(null)
  const isShown = person !== undefined
  useEffect(() => {
    if (isShown) dialog.current?.showModal()
  }, [isShown])
  if (!person) return null
  const { userId, name, isMe, isBlocked, direct } = person
  const text = words.people
  const change = (kind: 'block' | 'unblock') => () => void actions.people.change(userId, { kind })
  return (
    <dialog class={styles.panel} ref={dialog} aria-label={text.show(name)} onClose={() => actions.people.hide()}>
      <header class={styles.head}>
        <Avatar name={person.shown ?? name} userId={userId} />
        <div class={styles.grow}>
          <h2>
            <PersonName name={name} userId={userId} />
          </h2>
          <p class={styles.soft}>
            <PresenceText userId={userId} />
          </p>
        </div>
        <button type="button" onClick={() => dialog.current?.close()}>
          {words.close}
        </button>
      </header>
      {person.sameName !== undefined && <p class={styles.warning}>{text.sameName(person.sameName)}</p>}
      {!isMe && !isBlocked && (
        <button
          type="button"
          class={styles.main}
          onClick={() => {
            dialog.current?.close()
            void actions.chats.openDirect(userId)
          }}
        >
          {text.write}
        </button>
      )}
      {!isMe && <SafetySection person={person} />}
      {!isMe && <SharedGroups person={person} />}
      {!isMe && (
        <section class={styles.section}>
          <p class={styles.soft}>{isBlocked ? text.blockedWhy : text.blockWhy}</p>
          <div class={styles.buttons}>
            <button
              type="button"
              class={isBlocked ? '' : styles.danger}
              onClick={change(isBlocked ? 'unblock' : 'block')}
            >
              {isBlocked ? text.unblock : text.block}
            </button>
            {direct !== undefined && (
              <button
                type="button"
                class={styles.danger}
                title={text.removeWhy}
                onClick={() => void actions.people.forget(direct, name)}
              >
                {text.remove}
              </button>
            )}
          </div>
        </section>
      )}
    </dialog>
  )
}
