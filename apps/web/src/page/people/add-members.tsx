import { useState } from 'preact/hooks'
import type { GroupInfo } from '../../engine/calls/group-calls.ts'
import styles from '../group-panel.module.css'
import { usePage } from '../page-context.ts'
import { PeopleFinder } from '../people-finder.tsx'
import own from './people.module.css'
import { sharedCounts } from './shared-counts.ts'

/** Finds people to add, and says how many of the last messages they get. */
export function AddMembers({ group }: { readonly group: GroupInfo }) {
  const { actions, words } = usePage()
  const [isOpen, setIsOpen] = useState(false)
  const [share, setShare] = useState(0)
  if (!isOpen)
    return (
      <button type="button" class={styles.add} onClick={() => setIsOpen(true)}>
        {words.group.add}
      </button>
    )
  const members = new Set(group.members.map(({ userId }) => userId))
  const text = words.people.group
  return (
    <>
      <label class={own.share}>
        {text.share}
        <select value={share} onChange={({ currentTarget }) => setShare(Number(currentTarget.value))}>
          <option value={0}>{text.shareNone}</option>
          {sharedCounts.map((count) => (
            <option key={count} value={count}>
              {text.shareCount(count)}
            </option>
          ))}
        </select>
      </label>
      <PeopleFinder
        isHidden={({ userId }) => members.has(userId)}
        onChoose={({ userId }) => void actions.groups.change({ kind: 'add', users: [userId], share })}
        onCancel={() => setIsOpen(false)}
      />
    </>
  )
}
