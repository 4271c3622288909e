import type { Clock } from '@fastchat/clock'
import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { Actions } from '../state/actions.ts'
import type { AppState, AppStore } from '../state/app-store.ts'
import type { Words } from '../words/en.ts'

export type Page = {
  readonly store: AppStore
  readonly actions: Actions
  readonly words: Words
  readonly language: string
  readonly clock: Pick<Clock, 'wallMs'>
  /** Begins the newer build that is ready. */
  readonly useNewBuild: () => void
}

export const PageContext = createContext<Page | undefined>(undefined)

/** Returns the parts of the page. */
export function usePage(): Page {
  const page = useContext(PageContext)
  if (!page) throw new Error('a component stands outside the page')
  return page
}

/** Returns a part of the state, and draws the component again when that part is another one. */
export function useSelected<T>(select: (state: AppState) => T): T {
  const { store } = usePage()
  const [selected, setSelected] = useState(() => select(store.state))
  useEffect(() => {
    const update = () => setSelected(() => select(store.state))
    update()
    return store.subscribe(update)
  }, [store])
  return selected
}
