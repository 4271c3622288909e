import { useState } from 'preact/hooks'
import { CallError } from '../state/engine-link.ts'
import { usePage } from './page-context.ts'
import styles from './sign-in-card.module.css'

/** The card on which people sign up and log in. */
export function SignInCard() {
  const { actions, words } = usePage()
  const [isNew, setIsNew] = useState(true)
  const [isBusy, setIsBusy] = useState(false)
  const [needsInvite, setNeedsInvite] = useState(false)
  const [problem, setProblem] = useState<string>()
  const text = words.signUp

  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    // The cast holds because only the form below calls this.
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    const field = (name: string) => String(fields.get(name) ?? '')
    setIsBusy(true)
    setProblem(undefined)
    try {
      const invite = field('invite').trim()
      if (isNew) await actions.account.signUp(field('name'), field('password'), invite === '' ? undefined : invite)
      else await actions.account.logIn(field('name'), field('password'))
    } catch (error) {
      const { code, message } = error instanceof CallError ? error : { code: '', message: String(error) }
      if (code === 'invite_required') setNeedsInvite(true)
      setProblem(words.errors[code] ?? message)
    } finally {
      setIsBusy(false)
    }
  }

  return (
    <main class={styles.page}>
      <form class={styles.card} onSubmit={submit} aria-busy={isBusy}>
        <img class={styles.logo} src="/icon.svg" alt="" width="56" height="56" />
        <h1>{isNew ? text.title : text.logInTitle}</h1>
        <label>
          {text.name}
          <input name="name" autocomplete="username" autocapitalize="none" spellcheck={false} required maxLength={64} />
          {isNew && <small>{text.nameHint}</small>}
        </label>
        <label>
          {text.password}
          <input name="password" type="password" required autocomplete={isNew ? 'new-password' : 'current-password'} />
          {isNew && <small>{text.passwordHint}</small>}
        </label>
        {needsInvite && isNew && (
          <label>
            {text.invite}
            <input name="invite" autocomplete="off" required />
          </label>
        )}
        <p class={styles.problem} role="alert">
          {problem}
        </p>
        <button class={styles.main} type="submit" disabled={isBusy}>
          {isBusy ? (isNew ? text.working : text.opening) : isNew ? text.create : text.logIn}
        </button>
        <button
          class={styles.other}
          type="button"
          disabled={isBusy}
          onClick={() => {
            setIsNew(!isNew)
            setProblem(undefined)
          }}
        >
          {isNew ? text.toLogIn : text.toSignUp}
        </button>
        <p class={styles.note}>{text.isPrivate}</p>
      </form>
    </main>
  )
}
