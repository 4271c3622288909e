import { useState } from 'preact/hooks'
import type { LeavingInfo } from '../../engine/calls/security-calls.ts'
import { usePage } from '../page-context.ts'
import { Card, Outcome } from './parts.tsx'
import styles from './settings.module.css'
import { useWork } from './use-work.ts'

/** Logs out, here or everywhere. It warns of what would be lost. */
export function LogOutCard() {
  const { actions, words } = usePage()
  const text = words.settings.account
  const [info, setInfo] = useState<LeavingInfo>()
  const [isAll, setIsAll] = useState(false)
  const { isBusy, problem, run } = useWork()
  const isRisky = (one: LeavingInfo) => one.unsent > 0 || (one.isOnlyDevice !== false && !one.isKeyKept)
  const leave = async (all: boolean) =>
    await run(async () => {
      if (all) await actions.settings.ask('logOutEverywhere', {})
      else await actions.account.logOut()
      actions.settings.show(undefined)
      return undefined
    })
  const ask = async (all: boolean) =>
    await run(async () => {
      const found = await actions.settings.ask('beforeLogOut', {})
      setIsAll(all)
      if (isRisky(found)) setInfo(found)
      else await leave(all)
      return undefined
    })
  return (
    <Card title={text.leave} why={text.leaveWhy}>
      {info ? (
        <div class={styles.warning} role="alert">
          {info.isOnlyDevice !== false && !info.isKeyKept && <p>{text.onlyDevice}</p>}
          {info.unsent > 0 && <p>{text.unsent(info.unsent)}</p>}
          <div class={styles.row}>
            <button type="button" onClick={() => setInfo(undefined)}>
              {words.cancel}
            </button>
            <button type="button" class={styles.bad} disabled={isBusy} onClick={() => void leave(isAll)}>
              {text.leaveAnyway}
            </button>
          </div>
        </div>
      ) : (
        <div class={styles.row}>
          <button type="button" disabled={isBusy} onClick={() => void ask(false)}>
            {text.leaveNow}
          </button>
          <button type="button" disabled={isBusy} title={text.leaveAllWhy} onClick={() => void ask(true)}>
            {text.leaveAll}
          </button>
        </div>
      )}
      {!info && <p class={styles.why}>{text.leaveAllWhy}</p>}
      <Outcome problem={problem} />
    </Card>
  )
}
