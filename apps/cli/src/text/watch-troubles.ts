import type { Hint } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import type { TellableNews } from '../devices/news.ts'
import type { Output } from './output.ts'

/** The number of different troubles that one process tells. */
const maxTold = 100

type Out = Pick<Output, 'trouble' | 'news'>

/**
 * Tells each trouble and each news of the account once, those of former runs too, until somebody
 * has looked at them. `out` is called each time, since the output may change.
 */
export function watchTroubles({ onHint, chat }: Pick<HomeSession, 'onHint' | 'chat'>, out: () => Out): void {
  const told = new Set<string>()
  const tell = (hint: Hint) => {
    if (hint.type !== 'trouble' && hint.type !== 'news') return
    if (told.has(hint.message) || told.size >= maxTold) return
    told.add(hint.message)
    if (hint.type === 'trouble') out().trouble(hint)
    else out().news(hint)
  }
  onHint(tell)
  unseenNews(chat).then((all) => all.forEach(tell), ignored)
}

/** Returns the news at which nobody has looked. A home that closes meanwhile has none. */
async function unseenNews(chat: HomeSession['chat']): Promise<readonly TellableNews[]> {
  return await chat.news()
}

const ignored = (): void => {}
