import { useEffect, useState } from 'preact/hooks'
import { usePage, useSelected } from '../page-context.ts'
import { fieldsOf, useWork } from '../settings/use-work.ts'
import styles from './account.module.css'

/** Tells that this device has ended, why, and how to go on. The chats stay readable. */
export function EndedNotice() {
  const link = useSelected(({ engine }) => engine?.link)
  const isHidden = useSelected((state) => state.isEndHidden ?? false)
  if (link?.state !== 'ended') return null
  return <Notice code={link.code} isShort={isHidden} />
}

function Notice({ code, isShort }: { readonly code: string; readonly isShort: boolean }) {
  const { actions, words } = usePage()
  const text = words.settings.ended
  const isRemoved = code === 'device_revoked'
  const reason = isRemoved ? text.device_revoked : code === 'session_idle' ? text.session_idle : text.session_ended
  const [unsent, setUnsent] = useState(0)
  const [isErasing, setIsErasing] = useState(false)
  const { isBusy, problem, run } = useWork({ isPasswordAsked: true })
  useEffect(() => {
    // A removed device can never send what waits in it.
    if (isRemoved)
      actions.settings.ask('beforeLogOut', {}).then(
        ({ unsent: count }) => setUnsent(count),
        () => {},
      )
  }, [actions, isRemoved])
  const submit = async (event: SubmitEvent) => {
    const password = fieldsOf(event)('password')
    await run(async () => {
      await actions.account.logInAgain(password)
      return undefined
    })
  }
  return (
    <section class={styles.ended} role="alert" aria-label={reason}>
      <p>
        <strong>{reason}</strong> {!isShort && (isRemoved ? text.startsAgain : text.nothingLost)}
      </p>
      {!isShort && isRemoved && <p>{text.notYou}</p>}
      {unsent > 0 && <p>{text.unsent(unsent)}</p>}
      {isShort && (
        <div class={styles.row}>
          <button type="button" onClick={() => actions.settings.shortenEnd(false)}>
            {text.again}
          </button>
        </div>
      )}
      {!isShort && (
        <form onSubmit={submit} aria-busy={isBusy}>
          <label>
            {words.settings.password}
            <input name="password" type="password" required autocomplete="current-password" />
          </label>
          <button type="submit" class={styles.main} disabled={isBusy}>
            {isBusy ? words.settings.working : text.again}
          </button>
          <button type="button" onClick={() => actions.settings.shortenEnd(true)}>
            {text.later}
          </button>
        </form>
      )}
      {problem !== undefined && (
        <div class={styles.row}>
          <p class={styles.problem}>
            {problem}. {text.isDeleted}
          </p>
          <button
            type="button"
            onClick={() => (isErasing ? void actions.account.logOut() : setIsErasing(true))}
            onBlur={() => setIsErasing(false)}
          >
            {isErasing ? text.eraseSure : text.erase}
          </button>
        </div>
      )}
    </section>
  )
}
