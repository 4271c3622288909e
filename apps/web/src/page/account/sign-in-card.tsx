import type { IdleDevice } from '@fastchat/schema'
import { useState } from 'preact/hooks'
import { CallError } from '../../state/engine-link.ts'
import { usePage, useSelected } from '../page-context.ts'
import { fieldsOf, useWork } from '../settings/use-work.ts'
import { ForgotPassword } from './forgot-password.tsx'
import { MakeRoom } from './make-room.tsx'
import { NameField } from './name-field.tsx'
import styles from './sign-in-card.module.css'

type Entering = { readonly name: string; readonly password: string }

/** The card on which people sign up and log in. */
export function SignInCard() {
  const { words } = usePage()
  const farewell = useSelected((state) => state.farewell)
  const [isForgotten, setIsForgotten] = useState(false)
  return (
    <main class={styles.page}>
      <div class={styles.card}>
        <img class={styles.logo} src="/icon.svg" alt="" width="56" height="56" />
        {farewell !== undefined && (
          <p class={styles.farewell} role="status">
            {farewell}
          </p>
        )}
        {isForgotten ? (
          <ForgotPassword onBack={() => setIsForgotten(false)} />
        ) : (
          <Entry onForgotten={() => setIsForgotten(true)} />
        )}
        <p class={styles.note}>{words.signUp.isPrivate}</p>
      </div>
    </main>
  )
}

/** Signs up, or logs in. */
function Entry({ onForgotten }: { onForgotten(): void }) {
  const { actions, words } = usePage()
  const text = words.signUp
  const [isNew, setIsNew] = useState(true)
  const [needsInvite, setNeedsInvite] = useState(false)
  const [full, setFull] = useState<{ readonly by: Entering; readonly devices: readonly IdleDevice[] }>()
  const { isBusy, problem, run } = useWork()

  const enter = (by: Entering, invite: string, ending?: IdleDevice) =>
    run(async () => {
      try {
        if (isNew) await actions.account.signUp(by.name, by.password, invite === '' ? undefined : invite)
        else await actions.account.logIn(by.name, by.password, ending?.deviceId)
      } catch (error) {
        if (error instanceof CallError && error.code === 'invite_required') setNeedsInvite(true)
        if (error instanceof CallError && error.devices) setFull({ by, devices: error.devices })
        throw error
      }
      return undefined
    })
  const submit = async (event: SubmitEvent) => {
    const field = fieldsOf(event)
    setFull(undefined)
    await enter({ name: field('name'), password: field('password') }, field('invite').trim())
  }
  return (
    <form class={styles.form} onSubmit={submit} aria-busy={isBusy}>
      <h1>{isNew ? text.title : text.logInTitle}</h1>
      <NameField isNew={isNew} />
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
      {full && <MakeRoom devices={full.devices} onChoose={(ending) => void enter(full.by, '', ending)} />}
      <button class={styles.main} type="submit" disabled={isBusy}>
        {isBusy ? (isNew ? text.working : text.opening) : isNew ? text.create : text.logIn}
      </button>
      <button class={styles.other} type="button" disabled={isBusy} onClick={() => setIsNew(!isNew)}>
        {isNew ? text.toLogIn : text.toSignUp}
      </button>
      {!isNew && (
        <button class={styles.other} type="button" disabled={isBusy} onClick={onForgotten}>
          {words.settings.signIn.forgot}
        </button>
      )}
    </form>
  )
}
