import { usePage } from '../page-context.ts'
import { fieldsOf, useWork } from '../settings/use-work.ts'
import styles from './sign-in-card.module.css'

/** Sets a new password with the recovery key, and logs in with it. */
export function ForgotPassword({ onBack }: { onBack(): void }) {
  const { actions, words } = usePage()
  const text = words.settings.signIn
  const { isBusy, problem, run } = useWork()
  const submit = async (event: SubmitEvent) => {
    const field = fieldsOf(event)
    const [name, password] = [field('name'), field('password')]
    await run(async () => {
      const endOthers = field('endOthers') !== ''
      await actions.settings.ask('resetPassword', { name, recoveryKey: field('key'), password, endOthers })
      await actions.account.logIn(name, password)
      return undefined
    })
  }
  return (
    <form class={styles.form} onSubmit={submit} aria-busy={isBusy}>
      <h1>{text.forgotTitle}</h1>
      <p class={styles.note}>{text.forgotWhy}</p>
      <label>
        {words.signUp.name}
        <input name="name" autocomplete="username" autocapitalize="none" spellcheck={false} required maxLength={64} />
      </label>
      <label>
        {text.key}
        <input name="key" required autocomplete="off" autocapitalize="characters" spellcheck={false} />
      </label>
      <label>
        {words.settings.account.next}
        <input name="password" type="password" required autocomplete="new-password" />
        <small>{words.settings.account.nextHint}</small>
      </label>
      <label class={styles.check}>
        <input name="endOthers" type="checkbox" />
        {words.settings.account.endOthers}
      </label>
      <p class={styles.problem} role="alert">
        {problem}
      </p>
      <button class={styles.main} type="submit" disabled={isBusy}>
        {isBusy ? words.settings.working : text.reset}
      </button>
      <button class={styles.other} type="button" disabled={isBusy} onClick={onBack}>
        {text.back}
      </button>
      <p class={styles.note}>{text.noKey}</p>
    </form>
  )
}
