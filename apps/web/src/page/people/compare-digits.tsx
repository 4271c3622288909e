import type { UserId } from '@fastchat/schema'
import { useState } from 'preact/hooks'
import { usePage } from '../page-context.ts'
import styles from './people.module.css'

/** Compares digits that the other person has sent or read out on another way. */
export function CompareDigits({ userId, name }: { readonly userId: UserId; readonly name: string }) {
  const { actions, words } = usePage()
  const [digits, setDigits] = useState('')
  const compare = async (event: SubmitEvent) => {
    event.preventDefault()
    if (await actions.people.change(userId, { kind: 'compare', digits })) setDigits('')
  }
  return (
    <form class={styles.compare} onSubmit={(event) => void compare(event)}>
      <input
        inputMode="numeric"
        autocomplete="off"
        required
        maxLength={100}
        aria-label={words.people.compareLabel(name)}
        placeholder={words.people.compareLabel(name)}
        value={digits}
        onInput={({ currentTarget }) => setDigits(currentTarget.value)}
      />
      <button type="submit">{words.people.compare}</button>
    </form>
  )
}
