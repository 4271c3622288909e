import type { BackupStatus } from '@fastchat/client'
import { RestoreLine } from '../account/restore-line.tsx'
import { usePage, useSelected } from '../page-context.ts'
import { moment } from './format.ts'
import { Card, Outcome, PasswordField, Progress, Switch } from './parts.tsx'
import styles from './settings.module.css'
import { fieldsOf, useWork } from './use-work.ts'

/** The state of the backup, its switch, and a way to back up now. */
export function BackupCard() {
  const { actions, words } = usePage()
  const text = words.settings.storage
  const backup = useSelected(({ engine }) => engine?.settings?.backup)
  const task = useSelected(({ engine }) => (engine?.task?.kind === 'backup' ? engine.task : undefined))
  const { isBusy, problem, outcome, run } = useWork()
  if (!backup) return null
  const now = () =>
    run(async () => {
      await actions.settings.ask('backUpNow', {})
      return text.nowDone
    })
  return (
    <Card title={text.backup} why={text.backupWhy}>
      {backup.state === 'no_key' ? (
        <GiveKey />
      ) : (
        <Switch
          label={text.isOn}
          isOn={backup.state === 'on'}
          onChange={(isOn) => void actions.settings.do('switchBackup', { isOn })}
        />
      )}
      <BackupFacts backup={backup} />
      <RestoreLine />
      {isBusy ? (
        <Progress
          text={text.backingUp(task?.done ?? backup.lines)}
          done={0}
          cancel={{ label: words.cancel, run: () => actions.settings.cancel('backup') }}
        />
      ) : (
        backup.state === 'on' && (
          <button type="button" class={styles.open} onClick={() => void now()}>
            {text.now}
          </button>
        )
      )}
      <Outcome problem={problem} outcome={outcome} />
    </Card>
  )
}

function BackupFacts({ backup }: { readonly backup: BackupStatus }) {
  const { words, language } = usePage()
  const text = words.settings.storage
  const { state, lines, savedAt, isUpToDate, missing, problem } = backup
  if (state === 'no_key') return null
  return (
    <>
      {state === 'off' && <p>{text.off}</p>}
      {state === 'on' && (
        <p>{savedAt === undefined ? text.upToDateNoTime(lines) : text.upToDate(lines, moment(savedAt, language))}</p>
      )}
      {state === 'on' && !isUpToDate && <p class={styles.why}>{text.behind}</p>}
      {state === 'on' && problem !== undefined && <p class={styles.problem}>{text.problem}</p>}
      {missing > 0 && <p class={styles.problem}>{text.missing(missing)}</p>}
    </>
  )
}

/** Asks for the password, which gives this device the key of the backup. */
function GiveKey() {
  const { actions, words } = usePage()
  const text = words.settings.storage
  const { isBusy, problem, run } = useWork({ isPasswordAsked: true })
  const submit = async (event: SubmitEvent) => {
    const password = fieldsOf(event)('password')
    await run(async () => {
      await actions.settings.ask('logInAgain', { password })
      return undefined
    })
  }
  return (
    <form class={styles.form} onSubmit={submit}>
      <p>{text.noKey}</p>
      <PasswordField name="password" label={words.settings.password} />
      <button type="submit" class={styles.main} disabled={isBusy}>
        {isBusy ? words.settings.working : text.giveKey}
      </button>
      <Outcome problem={problem} />
    </form>
  )
}
