import { useEffect, useMemo, useState } from 'preact/hooks'
import { App } from './app.tsx'
import { chooseWords } from './choose-words.ts'
import { type Page, PageContext } from './page-context.ts'
import { type Appearance, isAppearance, keepAppearance, readAppearance } from './settings/appearance.ts'

type Props = Pick<Page, 'store' | 'actions' | 'clock' | 'useNewBuild'>

/** The page with the words and the theme that the person chose, in all tabs. */
export function PageRoot({ store, actions, clock, useNewBuild }: Props) {
  const [appearance, show] = useState(() => readAppearance(localStorage))
  const { theme, language: chosen } = appearance
  const { language, words } = chooseWords(chosen === 'system' ? navigator.languages : [chosen])
  useEffect(() => {
    const follow = (event: StorageEvent) => isAppearance(event) && show(readAppearance(localStorage))
    addEventListener('storage', follow)
    return () => removeEventListener('storage', follow)
  }, [])
  useMemo(() => {
    document.documentElement.lang = language
    if (theme === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme
  }, [language, theme])
  const setAppearance = (next: Appearance) => {
    keepAppearance(localStorage, next)
    show(next)
  }
  return (
    <PageContext.Provider value={{ store, actions, clock, useNewBuild, language, words, appearance, setAppearance }}>
      <App />
    </PageContext.Provider>
  )
}
