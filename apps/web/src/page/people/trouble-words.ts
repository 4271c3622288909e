import type { Failure } from '../../engine/engine-state.ts'
import type { LineEvent } from '../../engine/line.ts'
import type { TroubleNotice } from '../../engine/people-state.ts'
import type { Words } from '../../words/en.ts'

type Facts = NonNullable<TroubleNotice['facts']>
type Subject = NonNullable<TroubleNotice['who']>

/** A problem in words: what happened, and what to do. */
export type ToldTrouble = { readonly says: string; readonly todo: string }

/** Returns a problem in the words of the page. */
export function tellTrouble(facts: Facts, who: Subject | undefined, { troubles, people }: Words): ToldTrouble {
  const { says, todo, offer } = troubles[facts.code]
  const name = who?.isMe ? people.trouble.ownAccount : (who?.name ?? people.somebody)
  const values = { who: name, at: facts.at, count: facts.count, host: facts.host }
  const fill = (text: string) =>
    text.replace(/\{(who|at|count|host)\}/g, (_, key: keyof typeof values) => String(values[key] ?? '?'))
  const offered = facts.mayRemove && offer !== undefined ? ` ${fill(offer)}.` : ''
  return { says: `${fill(says)}.`, todo: `${fill(todo)}.${offered}` }
}

/** Returns a problem of the board in words. Other errors have the words of their code. */
export function noticeWords({ facts, who, ...failure }: TroubleNotice, words: Words): ToldTrouble {
  // A newer engine may tell codes that an older tab does not know.
  if (facts && Object.hasOwn(words.troubles, facts.code)) return tellTrouble(facts, who, words)
  return { says: failureWords(failure, words), todo: '' }
}

/** Returns the problem that a line of a chat tells, if it does. */
export function eventTrouble({ event }: LineEvent, who: Subject | undefined, words: Words): ToldTrouble | undefined {
  return event.kind === 'trouble' ? tellTrouble(event, who, words) : undefined
}

/** Returns a failure in words: what happened, and what to do. */
export const failureWords = ({ code }: Pick<Failure, 'code'>, { errors }: Words): string =>
  (Object.hasOwn(errors, code) ? errors[code] : errors.unexpected) ?? code
