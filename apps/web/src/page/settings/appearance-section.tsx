import { NoticeSettings } from '../notices/notice-settings.tsx'
import { usePage } from '../page-context.ts'
import { languages, themes } from './appearance.ts'
import { Card } from './parts.tsx'
import styles from './settings.module.css'

/** The theme and the language of the page in this browser. */
export function AppearanceSection() {
  const { words, appearance, setAppearance } = usePage()
  const text = words.settings.appearance
  return (
    <>
      <Card title={text.theme}>
        <div class={styles.choices} role="radiogroup" aria-label={text.theme}>
          {themes.map((theme) => (
            <label key={theme} class={styles.choice}>
              <input
                type="radio"
                name="theme"
                checked={appearance.theme === theme}
                onChange={() => setAppearance({ ...appearance, theme })}
              />
              {text.themes[theme]}
            </label>
          ))}
        </div>
      </Card>
      <Card title={words.notices.title}>
        <NoticeSettings />
      </Card>
      <Card title={text.language}>
        <div class={styles.choices} role="radiogroup" aria-label={text.language}>
          {([['system', text.asBrowser], ...languages] as const).map(([language, name]) => (
            <label key={language} class={styles.choice} lang={language === 'system' ? undefined : language}>
              <input
                type="radio"
                name="language"
                checked={appearance.language === language}
                onChange={() => setAppearance({ ...appearance, language })}
              />
              {name}
            </label>
          ))}
        </div>
      </Card>
    </>
  )
}
