import { authOperations, usernamePrefixOf } from '@fastchat/schema'
import { AppError, bind, type Server } from '@fastchat/service'
import type { Deps } from '../deps.ts'
import { readUsername, userToWire } from './wire.ts'

const defaultPage = 50

export function bindUsers(server: Server, { users, lookUps }: Pick<Deps, 'users' | 'lookUps'>): void {
  bind(server, authOperations.searchUsers, async ({ query: { query = '', after, limit = defaultPage } }) => {
    const page = await users.search(usernamePrefixOf(query), after, limit)
    return { ...page, users: page.users.map(userToWire) }
  })

  bind(server, authOperations.lookUpUsers, async ({ actor, body }) => {
    await lookUps(actor.userId)
    return { users: (await users.byIds(body.userIds)).map(userToWire) }
  })

  bind(server, authOperations.getUser, async ({ params }) => {
    const user = await users.byName(readUsername(params.username, 'params'))
    if (!user) throw new AppError('not_found')
    return userToWire(user)
  })
}
