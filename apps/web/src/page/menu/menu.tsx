import { useEffect, useRef } from 'preact/hooks'
import styles from './menu.module.css'
import type { MenuItem } from './menu-context.ts'

type MenuProps = { readonly label: string; readonly items: readonly MenuItem[]; readonly onDone: () => void }

/** A menu. The arrows move in it, and Tab closes it. */
export function Menu({ label, items, onDone }: MenuProps) {
  const list = useRef<HTMLUListElement>(null)
  const buttons = () => [...(list.current?.querySelectorAll('button') ?? [])]
  useEffect(() => buttons()[0]?.focus(), [items])
  const onKeyDown = (event: KeyboardEvent) => {
    const all = buttons()
    const at = all.findIndex((one) => one.matches(':focus'))
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length },
      ...{ Home: 0, End: all.length - 1 },
    }
    const next = steps[event.key]
    if (next === undefined && event.key !== 'Tab') return
    event.preventDefault()
    event.stopPropagation()
    if (next === undefined) onDone()
    else all[next]?.focus()
  }
  return (
    <ul ref={list} class={styles.menu} aria-label={label} onKeyDown={onKeyDown}>
      {items.map(({ label: name, hint, isBad, isChecked, run }) => (
        <li key={name} role="none">
          <button
            type="button"
            {...(isChecked === undefined
              ? { role: 'menuitem' as const }
              : { role: 'menuitemradio' as const, 'aria-checked': isChecked })}
            class={isBad ? styles.bad : ''}
            tabIndex={-1}
            onClick={() => {
              onDone()
              run()
            }}
          >
            <span>
              {isChecked && <span aria-hidden="true">✓ </span>}
              {name}
            </span>
            {hint !== undefined && (
              <span class={styles.hint} aria-hidden="true">
                {hint}
              </span>
            )}
          </button>
        </li>
      ))}
    </ul>
  )
}
