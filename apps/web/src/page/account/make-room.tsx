import type { IdleDevice } from '@fastchat/schema'
import { usePage } from '../page-context.ts'
import { day } from '../settings/format.ts'
import styles from './sign-in-card.module.css'

type Props = { readonly devices: readonly IdleDevice[]; onChoose(device: IdleDevice): void }

/** Lets a person choose the device that makes room for this browser. */
export function MakeRoom({ devices, onChoose }: Props) {
  const { words, language } = usePage()
  const text = words.settings.signIn
  return (
    <div class={styles.room}>
      <p>{text.tooMany}</p>
      <ul>
        {devices.map((device) => (
          <li key={device.deviceId}>
            <button type="button" dir="auto" onClick={() => onChoose(device)}>
              {text.makeRoom(device.name, day(device.usedAt, language))}
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
