import { useEffect, useRef, useState } from 'preact/hooks'
import type { GroupInfo, Member } from '../engine/calls/group-calls.ts'
import { Avatar } from './avatar.tsx'
import styles from './group-panel.module.css'
import { usePage, useSelected } from './page-context.ts'
import { PeopleFinder } from './people-finder.tsx'

/** Shows the members of the open group, and what this person may do there. */
export function GroupPanel({ title }: { readonly title: string }) {
  const { actions, words } = usePage()
  const group = useSelected((state) => state.group)
  const dialog = useRef<HTMLDialogElement>(null)
  const isShown = group !== undefined
  useEffect(() => {
    if (isShown) dialog.current?.showModal()
  }, [isShown])
  if (!group) return null
  return (
    <dialog class={styles.panel} ref={dialog} aria-labelledby="group-title" onClose={() => actions.groups.hide()}>
      <header class={styles.header}>
        <h2 id="group-title" dir="auto">
          {title}
        </h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          {words.close}
        </button>
      </header>
      {group.topic !== undefined && <p dir="auto">{group.topic}</p>}
      {group.isAdmin && <Profile title={title} topic={group.topic ?? ''} />}
      <ul class={styles.members} aria-label={words.chats.members(group.members.length)}>
        {group.members.map((member) => (
          <MemberRow key={member.userId} member={member} group={group} />
        ))}
      </ul>
      {group.mayAdd && <Adding group={group} />}
      {group.isMember && (
        <div class={styles.leave}>
          <p>{words.group.leaveWhy(group.heir)}</p>
          <button
            type="button"
            onClick={() => {
              void actions.groups.change({ kind: 'leave' })
              dialog.current?.close()
            }}
          >
            {words.group.leave}
          </button>
        </div>
      )}
    </dialog>
  )
}

/** The name and the topic, for an admin. */
function Profile({ title, topic }: { readonly title: string; readonly topic: string }) {
  const { actions, words } = usePage()
  const [name, setName] = useState(title)
  const [about, setAbout] = useState(topic)
  const save = (event: SubmitEvent) => {
    event.preventDefault()
    if (name.trim() !== '' && name !== title) void actions.groups.change({ kind: 'rename', name: name.trim() })
    if (about !== topic) void actions.groups.change({ kind: 'topic', topic: about.trim() })
  }
  return (
    <form class={styles.profile} onSubmit={save}>
      <label>
        {words.chats.groupName}
        <input value={name} maxLength={100} required onInput={({ currentTarget }) => setName(currentTarget.value)} />
      </label>
      <label>
        {words.group.topic}
        <input value={about} maxLength={200} onInput={({ currentTarget }) => setAbout(currentTarget.value)} />
      </label>
      <button type="submit" disabled={name === title && about === topic}>
        {words.group.save}
      </button>
    </form>
  )
}

/** One member, with the buttons that this person may use. */
function MemberRow({ member, group }: { readonly member: Member; readonly group: GroupInfo }) {
  const { actions, words } = usePage()
  const { userId, role, name, isMe } = member
  const mayManage = group.isAdmin && !isMe && role !== 'owner'
  const menu = useRef<HTMLDetailsElement>(null)
  const change = (kind: 'remove' | 'promote' | 'demote' | 'transfer') => () => {
    menu.current?.removeAttribute('open')
    void actions.groups.change({ kind, userId })
  }
  return (
    <li class={styles.member}>
      <Avatar name={name} />
      <span class={styles.name} dir="auto">
        {name}
        {isMe ? ` (${words.chats.you})` : ''}
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
          </div>
        </details>
      )}
    </li>
  )
}

/** Finds people to add. */
function Adding({ group }: { readonly group: GroupInfo }) {
  const { actions, words } = usePage()
  const [isOpen, setIsOpen] = useState(false)
  if (!isOpen)
    return (
      <button type="button" class={styles.add} onClick={() => setIsOpen(true)}>
        {words.group.add}
      </button>
    )
  const members = new Set(group.members.map(({ userId }) => userId))
  return (
    <PeopleFinder
      isHidden={({ userId }) => members.has(userId)}
      onChoose={({ userId }) => void actions.groups.change({ kind: 'add', users: [userId] })}
      onCancel={() => setIsOpen(false)}
    />
  )
}
