import type { OwnDevice } from '@fastchat/client'
import { useState } from 'preact/hooks'
import { usePage } from '../page-context.ts'
import { day, moment } from './format.ts'
import { Outcome, PasswordField } from './parts.tsx'
import styles from './settings.module.css'
import { fieldsOf, useWork } from './use-work.ts'

type Props = { readonly device: OwnDevice; onChanged(devices: readonly OwnDevice[]): void }

/** One device of the account, with its name, and a way to remove it. */
export function DeviceRow({ device, onChanged }: Props) {
  const { words } = usePage()
  const text = words.settings.devices
  const [shown, setShown] = useState<'rename' | 'remove'>()
  const { name, isThis, isNew, saidBy } = device
  return (
    <li class={`${styles.device} ${isNew ? styles.isNew : ''}`}>
      <div class={styles.deviceHead}>
        <div class={styles.deviceWords}>
          <strong dir="auto">{name}</strong>
          <span class={styles.tags}>
            {isThis && <span class={styles.tag}>{text.thisOne}</span>}
            {isNew && <span class={`${styles.tag} ${styles.loud}`}>{text.isNew}</span>}
          </span>
          <small>
            <DeviceFacts device={device} />
          </small>
          {saidBy === 'server' && <small>{text.unsealed}</small>}
        </div>
        <div class={styles.row}>
          <button type="button" aria-label={`${text.rename}: ${name}`} onClick={() => setShown('rename')}>
            {text.rename}
          </button>
          {!isThis && (
            <button
              type="button"
              class={styles.bad}
              aria-label={`${text.remove}: ${name}`}
              onClick={() => setShown('remove')}
            >
              {text.remove}
            </button>
          )}
        </div>
      </div>
      {shown === 'rename' && <Renaming device={device} onChanged={onChanged} onClose={() => setShown(undefined)} />}
      {shown === 'remove' && <Removing device={device} onChanged={onChanged} onClose={() => setShown(undefined)} />}
    </li>
  )
}

function DeviceFacts({ device: { kind, createdAt, usedAt, session } }: { readonly device: OwnDevice }) {
  const { words, language } = usePage()
  const text = words.settings.devices
  const facts = [
    ...(kind === undefined ? [] : [text.kinds[kind] ?? kind]),
    ...(session === 'ended' ? [text.ended] : session === 'idle' ? [text.idle] : []),
    ...(usedAt === undefined ? [] : [text.seen(moment(usedAt, language))]),
    text.since(day(createdAt, language)),
  ]
  return <>{facts.join(' · ')}</>
}

type FormProps = Props & { onClose(): void }

function Renaming({ device: { deviceId, name }, onChanged, onClose }: FormProps) {
  const { actions, words } = usePage()
  const { isBusy, problem, run } = useWork()
  const submit = async (event: SubmitEvent) => {
    const wanted = fieldsOf(event)('name').trim()
    const isDone = await run(async () => {
      onChanged(await actions.settings.ask('renameDevice', { deviceId, name: wanted }))
      return undefined
    })
    if (isDone) onClose()
  }
  return (
    <form class={styles.form} onSubmit={submit}>
      <label class={styles.field}>
        {words.settings.devices.nameOf(name)}
        <input name="name" defaultValue={name} required maxLength={64} autocomplete="off" />
      </label>
      <div class={styles.row}>
        <button type="submit" class={styles.main} disabled={isBusy}>
          {words.settings.save}
        </button>
        <button type="button" onClick={onClose}>
          {words.cancel}
        </button>
      </div>
      <Outcome problem={problem} />
    </form>
  )
}

function Removing({ device: { deviceId, name }, onChanged, onClose }: FormProps) {
  const { actions, words } = usePage()
  const text = words.settings.devices
  const { isBusy, problem, run } = useWork({ isPasswordAsked: true })
  const submit = async (event: SubmitEvent) => {
    const password = fieldsOf(event)('password')
    await run(async () => {
      onChanged(await actions.settings.ask('removeDevice', { deviceId, password }))
      return undefined
    })
  }
  return (
    <form class={styles.form} onSubmit={submit} aria-label={text.removeTitle(name)}>
      <p class={styles.warning}>{text.removeWhy}</p>
      <PasswordField name="password" label={words.settings.password} />
      <div class={styles.row}>
        <button type="button" onClick={onClose}>
          {words.cancel}
        </button>
        <button type="submit" class={styles.bad} disabled={isBusy}>
          {isBusy ? words.settings.working : text.removeTitle(name)}
        </button>
      </div>
      <Outcome problem={problem} />
    </form>
  )
}
