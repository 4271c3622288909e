import { Type } from 'typebox'
import { UserSchema } from './account.ts'
import { UserIdSchema } from './ids.ts'
import { limits } from './limits.ts'
import { UsernameSchema, WrittenUsernameSchema } from './names/username.ts'
import { closed, open, parameters } from './objects.ts'
import { operation } from './operation.ts'
import { maxMembers } from './roster.ts'

/** The operations that find users. */
export const directoryOperations = {
  searchUsers: operation({
    method: 'GET',
    path: '/v1/users',
    access: 'device',
    summary: 'List the users whose name begins with `query`, by name, a page at a time',
    query: parameters({
      query: Type.Optional(Type.String({ maxLength: 32 })),
      after: Type.Optional(UsernameSchema),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.maxPage })),
    }),
    response: { 200: open('UserPage', { users: Type.Array(UserSchema), next: Type.Optional(UsernameSchema) }) },
  }),
  lookUpUsers: operation({
    method: 'POST',
    path: '/v1/users/lookup',
    access: 'device',
    summary: 'Get users by id; unknown ids are left out',
    body: closed('UserLookup', { userIds: Type.Array(UserIdSchema, { minItems: 1, maxItems: maxMembers }) }),
    response: { 200: open('UserList', { users: Type.Array(UserSchema) }) },
  }),
  getUser: operation({
    method: 'GET',
    path: '/v1/users/:username',
    access: 'device',
    summary: 'Get one user by name',
    params: parameters({ username: WrittenUsernameSchema }),
    response: { 200: UserSchema },
    errors: ['not_found'],
  }),
} as const
