import { hashInviteCode } from '@fastchat/db'
import { AdminError } from '../admin-error.ts'
import type { Context } from '../context.ts'

export const signupModes = ['open', 'invite', 'closed'] as const
export type SignupMode = (typeof signupModes)[number]

const meaning: Readonly<Record<SignupMode, string>> = {
  open: 'everyone may sign up',
  invite: 'a sign-up needs an invitation',
  closed: 'nobody may sign up',
}

/** Sets who may sign up. It takes effect at the next sign-up, without a restart. */
export async function signupSet({ database, out }: Context, mode: SignupMode): Promise<void> {
  await database().query('update installation set signup = $1', [mode])
  out.result({ signup: mode }, `Sign-up is ${mode}: ${meaning[mode]}`)
}

export async function signupShow({ database, out }: Context): Promise<void> {
  const { rows } = await database().query<{ signup: SignupMode }>('select signup from installation')
  const { signup } = rows[0]!
  out.result({ signup }, `Sign-up is ${signup}: ${meaning[signup]}`)
}

export type InviteOptions = { readonly uses: number; readonly days: number; readonly note?: string }

/** Creates an invitation. Its code is shown only now, because only its hash is stored. */
export async function invitesCreate(
  { database, out, drawBytes }: Context,
  { uses, days, note }: InviteOptions,
): Promise<void> {
  const code = codeOf(drawBytes(16))
  const { rows } = await database().query<{ id: number; expires: Date }>(
    `insert into invite (code_hash, note, uses_left, expires_at)
     values ($1, $2, $3, now() + make_interval(days => $4)) returning id, expires_at as expires`,
    [hashInviteCode(code), note ?? '', uses, days],
  )
  const { id, expires } = rows[0]!
  const times = uses === 1 ? 'once' : `${uses} times`
  out.result(
    { id, code, uses, expires },
    `${code}\ninvitation ${id}: may be used ${times}, until ${expires.toISOString()}`,
  )
}

const maxListed = 1_000

/** Lists invitations, the latest first. */
export async function invitesList({ database, out }: Context, { all }: { readonly all?: true }): Promise<void> {
  const { rows } = await database().query<Record<string, string | number | Date | null>>(
    `select i.id, i.note, i.uses_left as "usesLeft", i.created_at as created, i.expires_at as expires,
       i.revoked_at as revoked,
       (select count(*) from "user" u where u.invite_id = i.id) as used,
       (select string_agg(u.username, ' ' order by u.id) from (
         select id, username from "user" where invite_id = i.id order by id limit 10) u) as by
     from invite i
     where $1 or (i.revoked_at is null and i.uses_left > 0 and i.expires_at > now())
     order by i.id desc limit ${maxListed}`,
    [all ?? false],
  )
  out.table(rows, 'No invitations')
}

/** Ends an invitation. Users who signed up with it stay. */
export async function invitesRevoke({ database, out }: Context, id: number): Promise<void> {
  const { rowCount } = await database().query(
    'update invite set revoked_at = coalesce(revoked_at, now()) where id = $1',
    [id],
  )
  if (rowCount === 0) throw new AdminError('unknown_invite', `There is no invitation ${id}`)
  out.result({ id, revoked: true }, `Invitation ${id} is revoked`)
}

/**
 * Returns a code that takes 80 of the random bits, in letters that are not mistaken for each other
 * (Crockford's base 32).
 */
function codeOf(random: Uint8Array): string {
  const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  const drawn = [...random].map((byte) => letters[byte % letters.length])
  return [0, 4, 8, 12].map((at) => drawn.slice(at, at + 4).join('')).join('-')
}
