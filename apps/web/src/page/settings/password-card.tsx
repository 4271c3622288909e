import { useState } from 'preact/hooks'
import { usePage } from '../page-context.ts'
import { Card, Outcome, PasswordField } from './parts.tsx'
import styles from './settings.module.css'
import { fieldsOf, useWork } from './use-work.ts'

/** Changes the password. */
export function PasswordCard() {
  const { actions, words } = usePage()
  const text = words.settings.account
  const [isOpen, setIsOpen] = useState(false)
  const { isBusy, problem, outcome, run } = useWork({ isPasswordAsked: true })
  const submit = async (event: SubmitEvent) => {
    const field = fieldsOf(event)
    const endOthers = field('endOthers') !== ''
    const isDone = await run(async () => {
      await actions.settings.ask('changePassword', { former: field('former'), password: field('next'), endOthers })
      return endOthers ? text.changedAll : text.changed
    })
    if (isDone) setIsOpen(false)
  }
  return (
    <Card title={text.change} why={text.changeWhy}>
      {isOpen ? (
        <form class={styles.form} onSubmit={submit} aria-busy={isBusy}>
          <PasswordField name="former" label={text.former} />
          <PasswordField name="next" label={text.next} hint={text.nextHint} isNew />
          <label class={styles.check}>
            <input type="checkbox" name="endOthers" /> {text.endOthers}
          </label>
          <div class={styles.row}>
            <button type="submit" class={styles.main} disabled={isBusy}>
              {isBusy ? words.settings.working : text.change}
            </button>
            <button type="button" disabled={isBusy} onClick={() => setIsOpen(false)}>
              {words.cancel}
            </button>
          </div>
        </form>
      ) : (
        <button type="button" class={styles.open} onClick={() => setIsOpen(true)}>
          {text.change}
        </button>
      )}
      <Outcome problem={problem} outcome={outcome} />
    </Card>
  )
}
