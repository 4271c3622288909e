import type { Client } from '@fastchat/client'
import type { ConversationId, UserId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'
import { pictureBlob } from './picture-blob.ts'

/** The person or the group that a picture belongs to. */
export type PictureOwner = { readonly userId: UserId } | { readonly group: ConversationId }

/** The own profile. */
export type OwnProfile = { readonly name?: string; readonly picture?: Blob }

export type ProfileCalls = {
  /** Returns the picture of a person or a group, if they have one that a browser can show. */
  picture: { input: PictureOwner; result: Blob | undefined }
  ownProfile: { input: Record<string, never>; result: OwnProfile }
  /** Changes the own name or picture. `null` removes it. */
  setProfile: { input: { name?: string | null; picture?: Blob | null }; result: OwnProfile }
}

export const profileCalls = (client: Client): Handlers<ProfileCalls> => {
  const ownProfile = async (): Promise<OwnProfile> => {
    const { name, picture } = await client.people.profile(client.identity.userId)
    const blob = picture && pictureBlob(picture)
    return { ...(name !== undefined && { name }), ...(blob && { picture: blob }) }
  }
  return {
    picture: async (owner) => {
      const bytes =
        'group' in owner
          ? await client.groups.picture(owner.group)
          : (await client.people.profile(owner.userId)).picture
      return bytes && pictureBlob(bytes)
    },
    ownProfile: async () => await ownProfile(),
    setProfile: async ({ name, picture }) => {
      const bytes = picture && new Uint8Array(await picture.arrayBuffer())
      await client.people.setProfile({
        ...(name !== undefined && { name }),
        ...(bytes !== undefined && { picture: bytes }),
      })
      return await ownProfile()
    },
  }
}
