import { useEffect, useRef, useState } from 'preact/hooks'
import styles from './group-panel.module.css'
import { usePage, useSelected } from './page-context.ts'
import { AddMembers } from './people/add-members.tsx'
import { BanList, Election, GroupSettings } from './people/group-settings.tsx'
import { MemberRow } from './people/member-row.tsx'

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
      {group.isAdmin && <GroupSettings group={group} />}
      <Election group={group} />
      <ul class={styles.members} aria-label={words.chats.members(group.members.length)}>
        {group.members.map((member) => (
          <MemberRow key={member.userId} member={member} group={group} />
        ))}
      </ul>
      {group.mayAdd && <AddMembers group={group} />}
      <BanList group={group} />
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
