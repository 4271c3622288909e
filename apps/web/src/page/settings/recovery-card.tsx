import { useEffect, useState } from 'preact/hooks'
import { ShownKey } from '../account/shown-key.tsx'
import { usePage } from '../page-context.ts'
import { day } from './format.ts'
import { Card, Outcome, PasswordField } from './parts.tsx'
import styles from './settings.module.css'
import { fieldsOf, useWork } from './use-work.ts'

/** Checks the recovery key, and makes a new one. */
export function RecoveryCard() {
  const { actions, words, language } = usePage()
  const text = words.settings.account
  const [shown, setShown] = useState<'check' | 'make'>()
  const [made, setMade] = useState<string>()
  const [since, setSince] = useState<string | null>()
  const { isBusy, problem, outcome, run } = useWork({ isPasswordAsked: true })
  useEffect(() => {
    // Without an answer the line is left out.
    actions.settings.ask('recoverySince', {}).then(
      ({ since: at }) => setSince(at ?? null),
      () => setSince(undefined),
    )
  }, [actions, made])

  const check = async (event: SubmitEvent) => {
    const key = fieldsOf(event)('key')
    await run(async () => ((await actions.settings.ask('checkRecovery', { key })) ? text.right : text.wrong))
  }
  const make = async (event: SubmitEvent) => {
    const password = fieldsOf(event)('password')
    await run(async () => {
      setMade((await actions.settings.ask('newRecovery', { password })).recoveryKey)
      return undefined
    })
  }
  const kept = () => {
    setMade(undefined)
    setShown(undefined)
    void actions.settings.do('noteRecovery', { is: 'kept' })
  }
  if (made !== undefined)
    return (
      <Card title={text.key} why={words.recovery.why}>
        <ShownKey recoveryKey={made} />
        <button type="button" class={styles.main} onClick={kept}>
          {words.recovery.done}
        </button>
      </Card>
    )
  return (
    <Card title={text.key} why={text.keyWhy}>
      {/* The line has its place before the answer, so that no button moves under a finger. */}
      <p class={styles.fact}>
        {since === null ? text.noKey : since === undefined ? '' : text.keySince(day(since, language))}
      </p>
      <div class={styles.row}>
        <button type="button" aria-expanded={shown === 'check'} onClick={() => setShown('check')}>
          {text.check}
        </button>
        <button type="button" aria-expanded={shown === 'make'} onClick={() => setShown('make')}>
          {text.makeKey}
        </button>
      </div>
      {shown === 'check' && (
        <form class={styles.form} onSubmit={check} aria-busy={isBusy}>
          <label class={styles.field}>
            {text.checkLabel}
            <input name="key" required autocomplete="off" autocapitalize="characters" spellcheck={false} />
          </label>
          <button type="submit" class={styles.main} disabled={isBusy}>
            {text.checkNow}
          </button>
        </form>
      )}
      {shown === 'make' && (
        <form class={styles.form} onSubmit={make} aria-busy={isBusy}>
          <p class={styles.why}>{text.makeKeyWhy}</p>
          <PasswordField name="password" label={words.settings.password} />
          <button type="submit" class={styles.main} disabled={isBusy}>
            {isBusy ? words.settings.working : text.makeNow}
          </button>
        </form>
      )}
      <Outcome problem={problem} outcome={outcome} />
    </Card>
  )
}
