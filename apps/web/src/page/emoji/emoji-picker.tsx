import { useEffect, useRef, useState } from 'preact/hooks'
import { usePage } from '../page-context.ts'
import type { Emoji } from './emoji-data.ts'
import styles from './emoji-picker.module.css'
import { findEmoji } from './find-emoji.ts'
import { loadEmoji } from './load-emoji.ts'

type PickerProps = { readonly onPick: (emoji: string) => void }

/** All emoji with a search. The arrows move in the grid, and Enter takes one. */
export function EmojiPicker({ onPick }: PickerProps) {
  const { actions, words } = usePage()
  const text = words.talk.emoji
  const [all, setAll] = useState<readonly Emoji[]>()
  const [query, setQuery] = useState('')
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    loadEmoji().then(setAll, (error: unknown) => actions.tell(error))
  }, [actions])
  useEffect(() => box.current?.querySelector('input')?.focus(), [])
  const found = all && findEmoji(all, query)
  const onKeyDown = (event: KeyboardEvent) => {
    const first = box.current?.querySelector<HTMLElement>('[data-emoji]')
    if (document.activeElement instanceof HTMLInputElement) {
      if (event.key === 'Enter' && first?.dataset.emoji) onPick(first.dataset.emoji)
      else if (event.key === 'ArrowDown') first?.focus()
      else return
      event.preventDefault()
    } else if (box.current) moveInGrid(event, box.current)
  }
  return (
    <div ref={box} class={styles.picker} onKeyDown={onKeyDown} role="dialog" aria-label={text.open}>
      <input
        type="search"
        autocomplete="off"
        placeholder={text.search}
        aria-label={text.search}
        value={query}
        onInput={({ currentTarget }) => setQuery(currentTarget.value)}
      />
      <div class={styles.scroll}>
        {!found && <p class={styles.none}>{text.loading}</p>}
        {found?.length === 0 && <p class={styles.none}>{text.none}</p>}
        {found && query.trim() !== '' && <Grid emoji={found} onPick={onPick} />}
        {found && query.trim() === '' && <Categories all={found} onPick={onPick} />}
      </div>
    </div>
  )
}

function Categories({ all, onPick }: PickerProps & { readonly all: readonly Emoji[] }) {
  const { categories } = usePage().words.talk.emoji
  const names: Readonly<Record<string, string>> = categories
  return (
    <>
      {[...Map.groupBy(all, ({ category }) => category)].map(([category, emoji]) => (
        <section key={category} class={styles.category}>
          <h3>{names[category] ?? category}</h3>
          <Grid emoji={emoji} onPick={onPick} />
        </section>
      ))}
    </>
  )
}

function Grid({ emoji, onPick }: PickerProps & { readonly emoji: readonly Emoji[] }) {
  return (
    <div class={styles.grid}>
      {emoji.map(({ emoji: one, description, names }) => (
        <button
          key={one}
          type="button"
          tabIndex={-1}
          data-emoji={one}
          title={`:${names[0]}:`}
          aria-label={description}
          onClick={() => onPick(one)}
        >
          {one}
        </button>
      ))}
    </div>
  )
}

/** The emoji in a row of the grid, as in its style sheet. */
const columns = 8

/** Moves the focus in the grid. Above its first row stands the search. */
function moveInGrid(event: KeyboardEvent, box: HTMLElement): void {
  const steps: Readonly<Record<string, number>> = {
    ...{ ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns },
  }
  const step = steps[event.key]
  if (step === undefined) return
  event.preventDefault()
  const all = [...box.querySelectorAll<HTMLElement>('[data-emoji]')]
  const at = all.findIndex((one) => one.matches(':focus'))
  const next = all[Math.min(at + step, all.length - 1)]
  if (at + step < 0) box.querySelector('input')?.focus()
  else next?.focus()
}
