import type { ConversationId, Operation } from '@fastchat/schema'
import { AppError, bind, type Call, type ReplyOf, type Server } from '@fastchat/service'
import type { FastifyReply } from 'fastify'
import { type Need, refusalOf, type Standing } from '../domain/authorise.ts'
import type { Session } from '../domain/ports.ts'
import type { RouteDeps } from './route-deps.ts'

export type SessionCall<Op extends Operation> = Call<Op> & { readonly session: Session }
export type SessionHandler<Op extends Operation> = (call: SessionCall<Op>) => Promise<ReplyOf<Op> | FastifyReply>

/**
 * Binds an operation of devices. The handler gets the session that the token names.
 *
 * @throws AppError from the operation: `unauthorized`
 */
export function bindSession<Op extends Operation & { readonly access: 'device' }>(
  server: Server,
  { resolveSession }: Pick<RouteDeps, 'resolveSession'>,
  operation: Op,
  handler: SessionHandler<Op>,
  options: Parameters<typeof bind>[3] = {},
): void {
  const handle = async (call: Call<Op>) => {
    const { actor } = call
    // A valid token may outlive its device.
    const session = actor && (await resolveSession(actor))
    if (!session) throw new AppError('unauthorized')
    return handler({ ...call, session })
  }
  bind(server, operation, handle, options)
}

/**
 * Returns the standing of the session in the conversation.
 *
 * @throws AppError if that gives no right to `need`
 */
export async function authorise(
  { conversations }: Pick<RouteDeps, 'conversations'>,
  session: Session,
  conversation: ConversationId,
  need: Need,
): Promise<Standing> {
  const standing = await conversations.standing(session, conversation)
  const refusal = refusalOf(standing, need)
  if (refusal !== undefined || standing === undefined) throw new AppError(refusal ?? 'not_found')
  return standing
}

/**
 * Returns `value` if it is defined.
 *
 * @throws AppError `not_found` if it is undefined
 */
export function found<T>(value: T | undefined): T {
  if (value === undefined) throw new AppError('not_found')
  return value
}
