import { type ComponentChildren, createContext } from 'preact'
import { useContext } from 'preact/hooks'

export type MenuItem = {
  readonly label: string
  /** The key that does the same. */
  readonly hint?: string
  readonly isBad?: true
  readonly isChecked?: boolean
  run(): void
}

/** A menu or a small panel at a place of the page. */
export type PopupRequest = {
  readonly label: string
  /** The place, in pixels of the window. */
  readonly at: { readonly x: number; readonly y: number }
} & (
  | { readonly items: readonly MenuItem[] }
  /** Draws a panel. It calls `close` when it is done. */
  | { readonly panel: (close: () => void) => ComponentChildren }
)

export type ShowPopup = (request: PopupRequest) => void

export const PopupContext = createContext<ShowPopup>(() => {})

/** Returns how to show a menu or a small panel. There is one at a time. */
export const usePopup = (): ShowPopup => useContext(PopupContext)

/** Returns the place below an element, for a popup that belongs to it. */
export function placeOf(element: Element): PopupRequest['at'] {
  const { left, bottom } = element.getBoundingClientRect()
  return { x: left, y: bottom + 4 }
}

/** Returns the place of a click. A key that opens a menu has none: the element counts then. */
export function placeOfEvent(event: MouseEvent, element: Element): PopupRequest['at'] {
  return event.clientX === 0 && event.clientY === 0 ? placeOf(element) : { x: event.clientX, y: event.clientY }
}
