import { useRef } from 'preact/hooks'
import type { GroupInfo, Member } from '../../engine/calls/group-calls.ts'
import { Avatar } from '../avatar.tsx'
import styles from '../group-panel.module.css'
import { usePage } from '../page-context.ts'
import own from './people.module.css'
import { PersonName } from './person-name.tsx'

/** One member, with the buttons that this person may use. */
export function MemberRow({ member, group }: { readonly member: Member; readonly group: GroupInfo }) {
  const { actions, words } = usePage()
  const { userId, role, name, isMe } = member
  const mayManage = group.isAdmin && !isMe && role !== 'owner'
  const menu = useRef<HTMLDetailsElement>(null)
  const change = (kind: 'ban' | 'remove' | 'promote' | 'demote' | 'transfer') => () => {
    menu.current?.removeAttribute('open')
    void actions.groups.change({ kind, userId })
  }
  return (
    <li class={styles.member}>
      <Avatar name={name} userId={userId} />
      <span class={styles.name} dir="auto">
        {isMe ? (
          `${name} (${words.chats.you})`
        ) : (
          <button
            type="button"
            class={own.titleButton}
            title={words.people.show(name)}
            onClick={() => void actions.people.show(userId)}
          >
            <PersonName name={name} userId={userId} />
          </button>
        )}
      </span>
      <span class={styles.role}>{words.group.roles[role]}</span>
      {(mayManage || (group.isOwner && !isMe)) && (
        <details class={styles.more} name="member" ref={menu}>
          <summary aria-label={words.group.more(name)}>⋯</summary>
          <div class={styles.menu}>
            {role === 'member' && mayManage && (
              <button type="button" onClick={change('promote')}>
                {words.group.promote}
              </button>
            )}
            {role === 'admin' && group.isOwner && (
              <button type="button" onClick={change('demote')}>
                {words.group.demote}
              </button>
            )}
            {group.isOwner && (
              <button type="button" onClick={change('transfer')}>
                {words.group.transfer}
              </button>
            )}
            {mayManage && (
              <button type="button" onClick={change('remove')}>
                {words.group.remove}
              </button>
            )}
            {mayManage && (
              <button type="button" onClick={change('ban')}>
                {words.people.group.ban}
              </button>
            )}
          </div>
        </details>
      )}
    </li>
  )
}
