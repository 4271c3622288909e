import { newMessageId } from '@fastchat/client/ids'
import type { GroupInfo, GroupRules } from '../../engine/calls/group-calls.ts'
import { Avatar } from '../avatar.tsx'
import { usePage } from '../page-context.ts'
import styles from './people.module.css'
import { PictureChoice } from './picture-choice.tsx'

/** The rules and the picture of a group, for an admin. */
export function GroupSettings({ group }: { readonly group: GroupInfo }) {
  const { actions, words } = usePage()
  const text = words.people.group
  const { rules, hasPicture } = group
  return (
    <section class={styles.section}>
      <div class={styles.buttons}>
        <PictureChoice
          label={text.picture}
          onChosen={(picture) => void actions.groups.change({ kind: 'picture', picture })}
        />
        {hasPicture && (
          <button type="button" onClick={() => void actions.groups.change({ kind: 'picture' })}>
            {text.removePicture}
          </button>
        )}
      </div>
      <h3>{text.rules}</h3>
      <Rule name="add" label={text.add} value={rules.add} />
      <Rule name="write" label={text.write} value={rules.write} />
    </section>
  )
}

type RuleProps = { readonly name: keyof GroupRules; readonly label: string; readonly value: GroupRules['add'] }

function Rule({ name, label, value }: RuleProps) {
  const { actions, words } = usePage()
  const choose = (chosen: string) => {
    const rule = chosen === 'admins' ? 'admins' : 'everybody'
    void actions.groups.change({ kind: 'rules', rules: { [name]: rule } })
  }
  return (
    <label class={styles.rule}>
      {label}
      <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        <option value="admins">{words.people.group.admins}</option>
        <option value="everybody">{words.people.group.everybody}</option>
      </select>
    </label>
  )
}

/** The people who were banned from a group. An admin can lift a ban. */
export function BanList({ group: { banned, isAdmin } }: { readonly group: GroupInfo }) {
  const { actions, words } = usePage()
  const text = words.people.group
  if (banned.length === 0) return null
  return (
    <section class={styles.section}>
      <h3>{text.banned}</h3>
      <ul class={styles.rows} aria-label={text.banned}>
        {banned.map(({ userId, name }) => (
          <li key={userId} class={styles.row}>
            <Avatar name={name} userId={userId} />
            <bdi class={styles.grow}>{name}</bdi>
            {isAdmin && (
              <button type="button" onClick={() => void actions.groups.change({ kind: 'unban', userId })}>
                {text.unban}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Offers a vote for a new admin, when the accounts of all former ones are deleted. */
export function Election({ group: { mayElect } }: { readonly group: GroupInfo }) {
  const { actions, words } = usePage()
  if (!mayElect) return null
  return (
    <section class={styles.warning}>
      <p>{words.people.group.electWhy}</p>
      <button
        type="button"
        class={styles.main}
        onClick={() => void actions.groups.change({ kind: 'elect', id: newMessageId() })}
      >
        {words.people.group.elect}
      </button>
    </section>
  )
}
