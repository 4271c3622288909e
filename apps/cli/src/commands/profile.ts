import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fromBase64Url, toBase64Url } from '@fastchat/schema'
import type { ShownProfile } from '../chat/people-verbs.ts'
import { usageError } from '../cli-error.ts'
import { formatSize } from '../text/format.ts'
import { safeName } from '../text/safe-text.ts'
import type { Context } from './context.ts'
import { personCalled } from './people.ts'
import { synced } from './sync.ts'

export type ProfileOptions = {
  readonly name?: string
  readonly picture?: string
  readonly clear?: boolean
  /** The file to which the picture of the person is saved. */
  readonly save?: string
}

/** Shows the profile of a person, or changes the own one. */
export async function profile(context: Context, user: string | undefined, options: ProfileOptions): Promise<void> {
  const { name, picture, clear = false, save } = options
  const isChange = name !== undefined || picture !== undefined || clear
  if (isChange && (user !== undefined || save !== undefined))
    throw usageError('You can change only your own profile: leave out USER and --save')
  const drawn = picture === undefined ? undefined : await smallPicture(resolve(context.env.cwd, picture))
  const chat = await synced(context)
  const me = await chat.whoami()
  if (isChange) {
    const cleared = clear ? { name: null, picture: null } : {}
    await chat.setProfile({ ...cleared, ...(name !== undefined && { name }), ...(drawn && { picture: drawn }) })
  }
  const { userId, username } = user === undefined ? me : await personCalled(chat, user)
  const shown = await chat.profile({ userId })
  if (save !== undefined) await savePicture(context, save, shown)
  const size = shown.picture === undefined ? 0 : fromBase64Url(shown.picture).length
  const object = {
    type: 'profile',
    username,
    ...(shown.name !== undefined && { name: shown.name }),
    ...(shown.sameNameAs !== undefined && { sameNameAs: shown.sameNameAs }),
    picture: size,
  }
  context.out.result(object, words(username, shown, size))
}

function words(username: string, { name, sameNameAs }: ShownProfile, size: number): string {
  const called = name === undefined ? `@${username} (no display name)` : `${safeName(name)} (@${username})`
  const same =
    sameNameAs === undefined
      ? []
      : [`@${sameNameAs} has this name, too. Usernames say who is who, display names do not.`]
  const picture = size === 0 ? 'No picture' : `Picture: ${formatSize(size)}`
  return [called, ...same, picture].join('\n')
}

async function smallPicture(path: string): Promise<string> {
  // Loading this module takes longer than most commands.
  const { prepareImage } = await import('../images/prepare-image.ts')
  const { thumbnail } = await prepareImage(path, { original: false })
  if (!thumbnail) throw usageError(`${path} cannot be made small. Choose another picture`)
  return toBase64Url(thumbnail)
}

async function savePicture({ env, out }: Context, path: string, { picture }: ShownProfile): Promise<void> {
  if (picture === undefined) throw usageError('This person shows no picture, so nothing was saved')
  const file = resolve(env.cwd, path)
  // An existing file is never replaced.
  await writeFile(file, fromBase64Url(picture), { flag: 'wx' })
  out.note(`Saved ${file}`)
}
