import { useEffect, useState } from 'preact/hooks'
import { usePage } from '../page-context.ts'
import styles from './sign-in-card.module.css'

/** The pause in typing after which the server is asked: each question counts as a sign-up there. */
const quietMs = 600
const leastLetters = 2

/** The field for the name. Somebody new is told while typing whether the name is taken. */
export function NameField({ isNew }: { readonly isNew: boolean }) {
  const { actions, words } = usePage()
  const [name, setName] = useState('')
  const [found, setFound] = useState<'free' | 'taken' | 'unknown'>('unknown')
  useEffect(() => {
    setFound('unknown')
    if (!isNew || name.trim().length < leastLetters) return
    let isLate = false
    const asking = setTimeout(() => {
      // The sign-up itself tells a problem.
      actions.settings.ask('checkName', { name }).then(
        (answer) => {
          if (!isLate) setFound(answer)
        },
        () => {},
      )
    }, quietMs)
    return () => {
      isLate = true
      clearTimeout(asking)
    }
  }, [isNew, name, actions])
  const text = words.settings.signIn
  return (
    <label>
      {words.signUp.name}
      <input
        name="name"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        required
        maxLength={64}
        value={name}
        onInput={({ currentTarget }) => setName(currentTarget.value)}
      />
      {isNew && (
        <small role="status" class={found === 'taken' ? styles.taken : found === 'free' ? styles.free : ''}>
          {found === 'taken' ? text.taken : found === 'free' ? text.free : words.signUp.nameHint}
        </small>
      )}
    </label>
  )
}
