/** The look of the page in this browser. */
export type Appearance = {
  readonly theme: 'system' | 'light' | 'dark'
  /** The language that the person chose, or that of the browser. */
  readonly language: 'system' | 'en' | 'de'
}

export const themes = ['system', 'light', 'dark'] as const
/** The languages of the page, each with its own name. */
export const languages = [
  ['en', 'English'],
  ['de', 'Deutsch'],
] as const

const key = 'fastchat-appearance'
const usual: Appearance = { theme: 'system', language: 'system' }

/** Reads the look of the page. Anything that this version does not know counts as usual. */
export function readAppearance(storage: Pick<Storage, 'getItem'>): Appearance {
  try {
    const stored: unknown = JSON.parse(storage.getItem(key) ?? '{}')
    if (typeof stored !== 'object' || stored === null) return usual
    const theme = themes.find((one) => 'theme' in stored && stored.theme === one) ?? usual.theme
    const [language] = languages.find(([one]) => 'language' in stored && stored.language === one) ?? [usual.language]
    return { theme, language }
  } catch {
    return usual
  }
}

/** Keeps the look of the page for the next visit, if this browser keeps anything. */
export function keepAppearance(storage: Pick<Storage, 'setItem'>, appearance: Appearance): void {
  try {
    storage.setItem(key, JSON.stringify(appearance))
  } catch {
    // The page looks so until it is closed.
  }
}

/** Returns whether another tab changed the look. */
export const isAppearance = ({ key: changed }: Pick<StorageEvent, 'key'>): boolean => changed === key
