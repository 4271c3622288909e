import { useEffect, useRef, useState } from 'preact/hooks'
import { Avatar } from '../avatar.tsx'
import { usePage, useSelected } from '../page-context.ts'
import styles from './people.module.css'
import { PictureChoice } from './picture-choice.tsx'

/** The longest name that others see, by the contract. */
const maxNameLetters = 64

/** Shows the own name and picture as others see them, and changes them. */
export function ProfileDialog() {
  const { actions, words } = usePage()
  const profile = useSelected((state) => state.profile)
  const me = useSelected(({ engine }) => engine?.me)
  const dialog = useRef<HTMLDialogElement>(null)
  const isShown = profile !== undefined
  useEffect(() => {
    if (isShown) dialog.current?.showModal()
  }, [isShown])
  if (!profile || !me) return null
  const text = words.people.profile
  return (
    <dialog class={styles.panel} ref={dialog} aria-labelledby="profile-title" onClose={() => actions.profile.hide()}>
      <header class={styles.head}>
        <Avatar name={profile.name ?? me.name} userId={me.userId} />
        <div class={styles.grow}>
          <h2 id="profile-title">{text.open}</h2>
          <p class={styles.soft}>{words.people.username(me.name)}</p>
        </div>
        <button type="button" onClick={() => dialog.current?.close()}>
          {words.close}
        </button>
      </header>
      <p class={styles.soft}>{text.why}</p>
      <div class={styles.buttons}>
        <PictureChoice label={text.choose} onChosen={(picture) => void actions.profile.save({ picture })} />
        {profile.picture && (
          <button type="button" onClick={() => void actions.profile.save({ picture: null })}>
            {text.remove}
          </button>
        )}
      </div>
      <NameForm name={profile.name ?? ''} />
    </dialog>
  )
}

function NameForm({ name }: { readonly name: string }) {
  const { actions, words } = usePage()
  const [written, setWritten] = useState(name)
  const text = words.people.profile
  const save = (event: SubmitEvent) => {
    event.preventDefault()
    const trimmed = written.trim()
    void actions.profile.save({ name: trimmed === '' ? null : trimmed })
  }
  return (
    <form class={styles.field} onSubmit={save}>
      <label>
        {text.name}
        <input
          value={written}
          maxLength={maxNameLetters}
          autocomplete="name"
          onInput={({ currentTarget }) => setWritten(currentTarget.value)}
        />
      </label>
      <button type="submit" class={styles.main} disabled={written.trim() === name}>
        {text.save}
      </button>
    </form>
  )
}
