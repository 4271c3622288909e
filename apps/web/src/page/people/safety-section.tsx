import { useState } from 'preact/hooks'
import type { PersonInfo } from '../../engine/calls/people-calls.ts'
import { usePage } from '../page-context.ts'
import { CompareDigits } from './compare-digits.tsx'
import styles from './people.module.css'
import { QrCode } from './qr-code.tsx'
import { QrScanner } from './qr-scanner.tsx'

/** The safety number with a person, and the ways to compare it. */
export function SafetySection({ person }: { readonly person: PersonInfo }) {
  const { actions, words } = usePage()
  const [isScanning, setIsScanning] = useState(false)
  const { userId, name, safetyNumber, isVerified, change } = person
  const text = words.people
  if (safetyNumber === undefined)
    return (
      <section class={styles.section}>
        <h3>{text.safety}</h3>
        <p class={styles.soft}>{text.noNumber}</p>
      </section>
    )
  const hasCamera = 'mediaDevices' in navigator
  return (
    <section class={styles.section}>
      <h3>{text.safety}</h3>
      <p class={styles.soft}>{text.safetyWhy(name)}</p>
      <div class={styles.safety}>
        <Digits number={safetyNumber} label={text.safety} />
        <QrCode digits={safetyNumber.replaceAll(' ', '')} label={text.qr} />
      </div>
      {change && (
        <div class={styles.warning} role="alert">
          <p>{text.otherKey(name)}</p>
          <h4>{text.otherNumber}</h4>
          <Digits number={change.shownNumber} label={text.otherNumber} />
          <div class={styles.buttons}>
            <button type="button" onClick={() => void actions.people.change(userId, { kind: 'verify' })}>
              {text.keepKey}
            </button>
            <button
              type="button"
              class={styles.danger}
              title={text.sendAnywayWhy}
              onClick={() => void actions.people.change(userId, { kind: 'acceptKey', shownKey: change.shownKey })}
            >
              {text.acceptKey}
            </button>
          </div>
        </div>
      )}
      <div class={styles.buttons}>
        <button
          type="button"
          class={isVerified ? '' : styles.main}
          onClick={() => void actions.people.change(userId, { kind: isVerified ? 'unverify' : 'verify' })}
        >
          {isVerified ? text.unmark : text.mark}
        </button>
        {hasCamera && (
          <button type="button" aria-expanded={isScanning} onClick={() => setIsScanning(!isScanning)}>
            {text.scan}
          </button>
        )}
      </div>
      {isScanning && (
        <QrScanner
          hint={text.scanning(name)}
          onFound={(digits) => {
            setIsScanning(false)
            void actions.people.change(userId, { kind: 'compare', digits })
          }}
          onFailed={() => setIsScanning(false)}
        />
      )}
      <CompareDigits userId={userId} name={name} />
    </section>
  )
}

/** A number in twelve groups of five digits. */
function Digits({ number, label }: { readonly number: string; readonly label: string }) {
  return (
    <ol class={styles.digits} aria-label={label}>
      {number.split(' ').map((group, n) => (
        <li key={n}>{group}</li>
      ))}
    </ol>
  )
}
