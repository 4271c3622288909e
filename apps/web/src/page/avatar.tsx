import type { ConversationId, UserId } from '@fastchat/schema'
import { useEffect, useState } from 'preact/hooks'
import styles from './avatar.module.css'
import { usePage, useSelected } from './page-context.ts'

const hues = 8

type AvatarProps = {
  readonly name: string
  /** The person whose picture is shown, if they have one. */
  readonly userId?: UserId | undefined
  /** The group whose picture is shown, with the digest of that picture. */
  readonly group?: { readonly id: ConversationId; readonly picture: string } | undefined
}

/** The picture of a person or group, or a coloured disc with the first letter of the name. */
export function Avatar({ name, userId, group }: AvatarProps) {
  const url = usePicture(userId, group)
  const [first = '?'] = name
  const hue = [...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % hues
  return (
    <span class={`${styles.avatar} ${styles[`hue${hue}`]}`} aria-hidden="true">
      {url === undefined ? first.toUpperCase() : <img class={styles.picture} src={url} alt="" draggable={false} />}
    </span>
  )
}

/** Returns the address of a picture, once it is there. */
function usePicture(userId: UserId | undefined, group: AvatarProps['group']): string | undefined {
  const { actions } = usePage()
  const profile = useSelected(({ engine }) => (userId === undefined ? undefined : engine?.people?.[userId]?.profile))
  const [url, setUrl] = useState<string>()
  const [id, picture] = [group?.id, group?.picture]
  useEffect(() => {
    let isCurrent = true
    setUrl(undefined)
    const show = (found: string | undefined) => isCurrent && setUrl(found)
    if (id !== undefined && picture !== undefined) void actions.profile.picture({ group: id }, picture).then(show)
    else if (userId !== undefined && profile !== undefined)
      void actions.profile.picture({ userId }, `${profile}`).then(show)
    return () => {
      isCurrent = false
    }
  }, [actions, userId, profile, id, picture])
  return url
}
