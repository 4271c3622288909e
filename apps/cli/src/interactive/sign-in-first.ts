import { openHome } from '@fastchat/client/node'
import { notSignedIn } from '../chat/not-signed-in.ts'
import type { CliError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { type Account, checkHome, enrol } from '../commands/enrol.ts'
import { expectFreeName } from '../commands/expect-free-name.ts'
import { parseUsername } from '../parse-target.ts'
import { ask } from '../terminal/ask.ts'
import { askNewPassword, askPassword } from '../terminal/read-password.ts'
import { toCliError } from '../to-cli-error.ts'

/**
 * Signs a person up or in, if the home is not signed in. Asks again only for the answer that
 * failed.
 */
export async function signInFirst(context: Context): Promise<void> {
  const { env, out } = context
  const home = openHome(env.home)
  if (home.isOpen()) return
  if (!process.stdin.isTTY) throw notSignedIn(env.home)
  const account = home.isUsed() ? 'known' : undefined
  checkHome(context, account ?? 'new')
  out.text(`FastChat at ${env.url}`)
  const has = account ?? ((await yesOrNo(context, 'Have you an account already? [y/n] ')) ? 'known' : 'new')
  await enrolAsking(context, has)
}

async function enrolAsking(context: Context, account: Account['account']): Promise<void> {
  const { env, out } = context
  const answers: Answers = {}
  for (;;) {
    answers.username ??= await askName(context, account)
    const { username, invite } = answers
    try {
      if (account === 'new' && answers.password === undefined) await expectFreeName(context, username, invite)
      answers.password ??= env.password ? await context.password(account) : await askForPassword(context, account)
      const { password } = answers
      if (account === 'known' && password === '') {
        answers.username = undefined
        answers.password = undefined
        continue
      }
      return await enrol(context, { account, username, password, ...(invite !== undefined && { invite }) })
    } catch (error) {
      const shown = toCliError(error)
      const field = atFault(shown, env.password !== undefined)
      if (field === undefined) throw shown
      context.keyboard().forget()
      out.note(words[shown.code] ?? shown.message)
      answers[field] = field === 'invite' ? (await answer(context, 'Invitation: ')).trim() : undefined
    }
  }
}

/** The answers so far. */
type Answers = {
  username?: string | undefined
  password?: string | undefined
  invite?: string | undefined
}

/** The words of the dialog for these errors. The command line names commands instead. */
const words: Readonly<Record<string, string>> = {
  username_taken: 'This username is taken. Choose another.',
  name_invalid: 'This server does not take this username. Choose another.',
  invite_required: 'This server takes new accounts by invitation only. Type the invitation that you were given.',
  invite_invalid: 'This invitation is not known, used up, or over. Type another.',
  wrong_credentials: 'Wrong username or password. Type the password again, or only Enter to change the username.',
  signed_in_already: 'This folder holds the device of another account. Type the username of that account.',
}

/** Returns the answer to ask for again. Undefined: no other answer would help. */
function atFault({ code }: CliError, isPasswordGiven: boolean): keyof Answers | undefined {
  if (code === 'username_taken' || code === 'name_invalid' || code === 'signed_in_already') return 'username'
  if (code === 'invite_required' || code === 'invite_invalid') return 'invite'
  if ((code === 'wrong_credentials' || code === 'password_too_short') && !isPasswordGiven) return 'password'
  return undefined
}

async function askName(context: Context, account: Account['account']): Promise<string> {
  for (;;) {
    const written = await answer(context, account === 'new' ? 'Choose a username: ' : 'Username: ')
    try {
      return parseUsername(written)
    } catch (error) {
      context.keyboard().forget()
      context.out.note(toCliError(error).message)
    }
  }
}

const askForPassword = (context: Context, account: Account['account']): Promise<string> =>
  (account === 'new' ? askNewPassword : askPassword)(context.keyboard(), process.stderr)

async function yesOrNo(context: Context, question: string): Promise<boolean> {
  for (;;) {
    const written = (await answer(context, question)).trim().toLowerCase()
    if (['y', 'yes'].includes(written)) return true
    if (['n', 'no'].includes(written)) return false
    context.keyboard().forget()
    context.out.note('Type y for yes, or n for no.')
  }
}

const answer = (context: Context, question: string): Promise<string> =>
  ask(context.keyboard(), process.stderr, question)
