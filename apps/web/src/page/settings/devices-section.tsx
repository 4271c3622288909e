import type { OwnDevice } from '@fastchat/client'
import { useEffect, useState } from 'preact/hooks'
import { usePage, useSelected } from '../page-context.ts'
import { DeviceRow } from './device-row.tsx'
import { Card, Outcome } from './parts.tsx'
import styles from './settings.module.css'
import { useWork } from './use-work.ts'

/** The devices of the account. */
export function DevicesSection() {
  const { actions, words } = usePage()
  const text = words.settings.devices
  const news = useSelected(({ engine }) => engine?.settings?.news)
  const link = useSelected(({ engine }) => engine?.link.state)
  const [devices, setDevices] = useState<readonly OwnDevice[]>()
  const list = useWork()
  const others = useWork()
  const load = () =>
    list.run(async () => {
      setDevices(await actions.settings.ask('listDevices', {}))
      return undefined
    })
  // A device that signs in or is removed elsewhere changes the list.
  useEffect(() => void load(), [news, link])
  const endOthers = () =>
    others.run(async () => {
      const ended = await actions.settings.ask('endOtherSessions', {})
      setDevices(await actions.settings.ask('listDevices', {}))
      return text.loggedOut(ended)
    })
  const first = devices?.toSorted((a, b) => Number(b.isThis) - Number(a.isThis) || Number(b.isNew) - Number(a.isNew))
  return (
    <>
      <p class={styles.why}>{text.why}</p>
      <ul class={styles.list} aria-label={text.list} aria-busy={list.isBusy}>
        {first?.map((device) => (
          <DeviceRow key={device.deviceId} device={device} onChanged={setDevices} />
        ))}
      </ul>
      <Outcome problem={list.problem} />
      {(devices?.length ?? 0) > 1 && (
        <Card title={text.endOthers} why={text.endOthersWhy}>
          <button type="button" class={styles.open} disabled={others.isBusy} onClick={() => void endOthers()}>
            {text.endOthers}
          </button>
          <Outcome problem={others.problem} outcome={others.outcome} />
        </Card>
      )}
    </>
  )
}
