import { useEffect, useRef } from 'preact/hooks'
import { type ActionOf, actionOf, type Scope } from './shortcuts.ts'

/** Does the actions of a scope. An action that is not named compiles nowhere. */
export type ShortcutHandlers<One extends Scope> = { readonly [Action in ActionOf<One>]: () => void }

/** Does the action of a key, if the scope has one. Returns whether it did. */
export function runShortcut<One extends Scope>(
  scope: One,
  event: KeyboardEvent,
  handlers: ShortcutHandlers<One>,
): boolean {
  const action = actionOf(scope, event)
  if (action === undefined || event.isComposing) return false
  event.preventDefault()
  handlers[action]()
  return true
}

/** Binds the keys that work anywhere. A sign alone is a text while a person writes. */
export function useShortcuts(handlers: ShortcutHandlers<'anywhere'>): void {
  const latest = useRef(handlers)
  latest.current = handlers
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isText = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey
      if (event.defaultPrevented || (isText && isEditable(event.target))) return
      runShortcut('anywhere', event, latest.current)
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [])
}

const isEditable = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement
