import { useState } from 'preact/hooks'
import type { DeletionInfo } from '../../engine/calls/own-account-calls.ts'
import { CallError } from '../../state/engine-link.ts'
import { usePage, useSelected } from '../page-context.ts'
import { Card, Outcome, PasswordField, Progress } from './parts.tsx'
import styles from './settings.module.css'
import { fieldsOf, useWork } from './use-work.ts'

/** Deletes the account, after the password and the name. */
export function DeleteAccountCard() {
  const { actions, words } = usePage()
  const text = words.settings.account
  const name = useSelected(({ engine }) => engine?.me?.name ?? '')
  const task = useSelected(({ engine }) => (engine?.task?.kind === 'delete' ? engine.task : undefined))
  const [plan, setPlan] = useState<DeletionInfo>()
  const [typed, setTyped] = useState('')
  const { isBusy, problem, outcome, run } = useWork({ isPasswordAsked: true })
  const open = () =>
    run(async () => {
      setPlan(await actions.settings.ask('deletionPlan', {}))
      return undefined
    })
  const submit = async (event: SubmitEvent) => {
    const password = fieldsOf(event)('password')
    await run(async () => {
      try {
        await actions.settings.deleteAccount(password, text.removed)
        return undefined
      } catch (error) {
        if (error instanceof CallError && error.code === 'cancelled') return text.removeCancelled
        throw error
      }
    })
  }
  if (isBusy && plan)
    return (
      <Card title={text.remove}>
        <Progress
          text={task?.of !== undefined && task.done < task.of ? text.removing(task.done, task.of) : text.removingNow}
          done={task?.done ?? 0}
          of={task?.of}
          cancel={{ label: words.cancel, run: () => actions.settings.cancel('delete') }}
        />
      </Card>
    )
  return (
    <Card title={text.remove} why={text.removeWhy}>
      {!plan && (
        <button type="button" class={styles.bad} disabled={isBusy} onClick={() => void open()}>
          {text.removeOpen}
        </button>
      )}
      {plan && (
        <form class={styles.form} onSubmit={submit}>
          <div class={styles.warning}>
            <p>{text.removeList}</p>
            <ul class={styles.bullets}>
              {plan.groups.map((group, n) => (
                <li key={n} dir="auto">
                  {text.removeGroup(group.name ?? words.chats.unnamed, group.successor)}
                </li>
              ))}
              {plan.directChats > 0 && <li>{text.removeChats(plan.directChats)}</li>}
              {plan.devices !== undefined && <li>{text.removeDevices(plan.devices)}</li>}
              <li>{text.removeRest}</li>
            </ul>
          </div>
          <label class={styles.field}>
            {text.removeName(name)}
            <input
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              value={typed}
              onInput={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          </label>
          <PasswordField name="password" label={words.settings.password} />
          <div class={styles.row}>
            <button type="button" onClick={() => setPlan(undefined)}>
              {words.cancel}
            </button>
            <button type="submit" class={styles.bad} disabled={typed.trim() !== name}>
              {text.removeNow}
            </button>
          </div>
        </form>
      )}
      <Outcome problem={problem} outcome={outcome} />
    </Card>
  )
}
