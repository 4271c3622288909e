import type { ComponentChildren } from 'preact'
import styles from './settings.module.css'

type CardProps = { readonly title: string; readonly why?: string; readonly children?: ComponentChildren }

/** A part of a section: a title, what it is for, and what can be done. */
export function Card({ title, why, children }: CardProps) {
  return (
    <section class={styles.card} aria-label={title}>
      <h4>{title}</h4>
      {why !== undefined && <p class={styles.why}>{why}</p>}
      {children}
    </section>
  )
}

type OutcomeProps = { readonly problem: string | undefined; readonly outcome?: string | undefined }

/** Says how something went. */
export function Outcome({ problem, outcome }: OutcomeProps) {
  return (
    <>
      <p class={styles.problem} role="alert">
        {problem}
      </p>
      <p class={styles.done} role="status">
        {outcome}
      </p>
    </>
  )
}

type SwitchProps = {
  readonly label: string
  readonly why?: string
  readonly isOn: boolean
  readonly isDisabled?: boolean
  onChange(isOn: boolean): void
}

/** A switch with its words. */
export function Switch({ label, why, isOn, isDisabled = false, onChange }: SwitchProps) {
  return (
    <label class={styles.switch}>
      <span>
        {label}
        {why !== undefined && <small>{why}</small>}
      </span>
      <input
        type="checkbox"
        role="switch"
        aria-checked={isOn}
        checked={isOn}
        disabled={isDisabled}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
    </label>
  )
}

type PasswordFieldProps = {
  readonly name: string
  readonly label: string
  readonly hint?: string
  readonly isNew?: boolean
}

/** A field for a password. */
export function PasswordField({ name, label, hint, isNew = false }: PasswordFieldProps) {
  return (
    <label class={styles.field}>
      {label}
      <input name={name} type="password" required autocomplete={isNew ? 'new-password' : 'current-password'} />
      {hint !== undefined && <small>{hint}</small>}
    </label>
  )
}

/** How far a long task is, with a way to end it. */
export function Progress({ text, done, of, cancel }: ProgressProps) {
  return (
    <div class={styles.progress}>
      <span role="status">{text}</span>
      <progress aria-label={text} {...(of !== undefined && of > 0 && { value: done, max: of })} />
      {cancel && (
        <button type="button" onClick={cancel.run}>
          {cancel.label}
        </button>
      )}
    </div>
  )
}

type ProgressProps = {
  readonly text: string
  readonly done: number
  readonly of?: number | undefined
  readonly cancel?: { readonly label: string; readonly run: () => void }
}
