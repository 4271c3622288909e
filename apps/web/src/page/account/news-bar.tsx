import type { AccountNews } from '../../engine/settings-state.ts'
import { usePage, useSelected } from '../page-context.ts'
import { moment } from '../settings/format.ts'
import styles from './account.module.css'

/** The days in which a person is reminded of the recovery key that they put off. */
const reminderDays = 7
const dayMs = 24 * 3600 * 1000

/** Tells what happened to the account elsewhere, and reminds of the recovery key. */
export function NewsBar() {
  const news = useSelected(({ engine }) => engine?.settings?.news)
  const first = news?.[0]
  return first ? <News news={first} /> : <Reminder />
}

function News({ news }: { readonly news: AccountNews }) {
  const { actions, words, language } = usePage()
  const text = words.settings.news
  const isLoud = news.kind !== 'idle'
  const looked = () => void actions.settings.do('lookedAtNews', {})
  const [says, why] = newsWords(news, text, language)
  const section = news.kind === 'password' ? 'account' : 'devices'
  return (
    <div class={`${styles.notice} ${isLoud ? styles.loud : ''}`} role={isLoud ? 'alert' : 'status'}>
      <p>
        <strong dir="auto">{says}</strong> {why}
      </p>
      <button type="button" onClick={() => actions.settings.show(section)}>
        {section === 'account' ? text.showAccount : text.show}
      </button>
      <button type="button" onClick={looked}>
        {isLoud ? text.mine : text.ok}
      </button>
    </div>
  )
}

type Text = ReturnType<typeof usePage>['words']['settings']['news']

function newsWords(news: AccountNews, text: Text, language: string): readonly [string, string] {
  if (news.kind === 'idle') return [text.idle(news.name), '']
  if (news.kind === 'password')
    return news.by === 'password' ? [text.password, text.passwordWhy] : [text.byRecovery, text.byRecoveryWhy]
  // The server says the time, so it may be anything.
  const isTime = news.at !== undefined && !Number.isNaN(Date.parse(news.at))
  return [text.signIn(news.name ?? text.aDevice, isTime ? moment(news.at ?? '', language) : ''), text.signInWhy]
}

/** Reminds quietly of a recovery key that was put off. */
function Reminder() {
  const { actions, words, clock } = usePage()
  const text = words.settings.news
  const recovery = useSelected(({ engine }) => engine?.settings?.recovery)
  const isShown = useSelected((state) => state.recoveryKey !== undefined)
  if (isShown || !recovery || recovery.isKept || recovery.laterAt === undefined) return null
  if (clock.wallMs() - recovery.laterAt > reminderDays * dayMs) return null
  return (
    <div class={styles.notice} role="status">
      <p>{text.reminder}</p>
      <button type="button" onClick={() => actions.settings.show('account')}>
        {text.makeOne}
      </button>
      <button type="button" onClick={() => void actions.settings.do('noteRecovery', { is: 'kept' })}>
        {text.haveOne}
      </button>
    </div>
  )
}
