import { Avatar } from '../avatar.tsx'
import { usePage, useSelected } from '../page-context.ts'
import { Card, Switch } from './parts.tsx'
import styles from './settings.module.css'

const switches = [
  ['receipts', 'receiptsWhy'],
  ['typing', 'typingWhy'],
  ['presence', 'presenceWhy'],
] as const

/** The switches for what others see, and the blocked people. */
export function PrivacySection() {
  const { actions, words } = usePage()
  const text = words.settings.privacy
  const privacy = useSelected(({ engine }) => engine?.settings?.privacy)
  return (
    <>
      <Card title={words.settings.sections.privacy} why={text.why}>
        {switches.map(([name, why]) => (
          <Switch
            key={name}
            label={text[name]}
            why={text[why]}
            isOn={privacy?.[name] ?? true}
            isDisabled={!privacy}
            onChange={(isOn) => void actions.settings.do('setPrivacy', { name, isOn })}
          />
        ))}
      </Card>
      <Blocked />
    </>
  )
}

/** The blocked people, as they are on all devices of the account. */
function Blocked() {
  const { actions, words } = usePage()
  const text = words.settings.privacy
  const people = useSelected(({ engine }) => engine?.settings?.blocked)
  return (
    <Card title={text.blocked} why={text.blockedWhy}>
      {people?.length === 0 && <p>{text.nobody}</p>}
      <ul class={styles.list}>
        {people?.map(({ userId, name }) => (
          <li key={userId} class={styles.person}>
            <Avatar name={name} />
            <span dir="auto">{name}</span>
            <button
              type="button"
              aria-label={text.endBlock(name)}
              onClick={() => void actions.settings.do('endBlock', { userId })}
            >
              {text.endBlockShort}
            </button>
          </li>
        ))}
      </ul>
    </Card>
  )
}
