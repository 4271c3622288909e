import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import styles from './menu.module.css'
import { Menu } from './menu.tsx'
import { PopupContext, type PopupRequest } from './menu-context.ts'

/** The least distance of a popup to the edge of the window, in pixels. */
const marginPx = 8

/** Shows one menu or panel at a time, above everything else. The focus returns when it closes. */
export function PopupHost({ children }: { readonly children: ComponentChildren }) {
  const [request, setRequest] = useState<PopupRequest>()
  const before = useRef<Element | null>(null)
  const show = (next: PopupRequest) => {
    before.current = document.activeElement
    setRequest(next)
  }
  const close = () => {
    setRequest(undefined)
    if (before.current instanceof HTMLElement && before.current.isConnected) before.current.focus()
  }
  return (
    <PopupContext.Provider value={show}>
      {children}
      {request && <Popup request={request} onClose={close} />}
    </PopupContext.Provider>
  )
}

function Popup({ request, onClose }: { readonly request: PopupRequest; readonly onClose: () => void }) {
  const box = useRef<HTMLDivElement>(null)
  const latest = useRef(onClose)
  latest.current = onClose
  useLayoutEffect(() => {
    const { current } = box
    if (!current) return
    current.showPopover()
    const { width, height } = current.getBoundingClientRect()
    const x = Math.max(marginPx, Math.min(request.at.x, innerWidth - width - marginPx))
    const y = Math.max(marginPx, Math.min(request.at.y, innerHeight - height - marginPx))
    current.style.setProperty('left', `${x}px`)
    current.style.setProperty('top', `${y}px`)
  }, [request])
  useEffect(() => {
    const onPress = ({ target }: Event) => {
      if (target instanceof Node && !box.current?.contains(target)) latest.current()
    }
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return
      event.preventDefault()
      event.stopPropagation()
      latest.current()
    }
    addEventListener('pointerdown', onPress, true)
    addEventListener('keydown', onKeyDown, true)
    return () => {
      removeEventListener('pointerdown', onPress, true)
      removeEventListener('keydown', onKeyDown, true)
    }
  }, [])
  return (
    <div ref={box} class={styles.popup} popover="manual">
      {'items' in request ? (
        <Menu label={request.label} items={request.items} onDone={onClose} />
      ) : (
        request.panel(onClose)
      )}
    </div>
  )
}
