import type { Clock } from '@fastchat/clock'
import { createContext } from 'preact'
import { useContext, useEffect, useRef, useState } from 'preact/hooks'
import type { Actions } from '../state/actions.ts'
import type { AppState, AppStore } from '../state/app-store.ts'
import type { Words } from '../words/en.ts'
import type { Appearance } from './settings/appearance.ts'

export type Page = {
  readonly store: AppStore
  readonly actions: Actions
  readonly words: Words
  readonly language: string
  readonly clock: Pick<Clock, 'wallMs'>
  readonly appearance: Appearance
  setAppearance(appearance: Appearance): void
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

/**
 * Returns a part of the state, and draws the component again when that part is another one. It is
 * read in each drawing, so that a component with other properties never shows the part of before:
 * the verified mark of one person must not stand beside the name of another.
 */
export function useSelected<T>(select: (state: AppState) => T): T {
  const { store } = usePage()
  const [, draw] = useState({})
  const selected = select(store.state)
  const last = useRef({ select, selected })
  last.current = { select, selected }
  useEffect(() => {
    const update = () => {
      if (last.current.select(store.state) !== last.current.selected) draw({})
    }
    update()
    return store.subscribe(update)
  }, [store])
  return selected
}
