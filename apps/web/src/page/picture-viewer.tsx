import { useEffect, useRef } from 'preact/hooks'
import styles from './file-view.module.css'
import { SaveButton, useFetched } from './file-view.tsx'
import { runShortcut } from './keyboard/use-shortcuts.ts'
import { usePage, useSelected } from './page-context.ts'

/** Shows a picture in full size. The arrows go to the next ones, Escape closes. */
export function PictureViewer() {
  const { actions, words, store } = usePage()
  const viewing = useSelected((state) => state.viewing)
  const src = useFetched(viewing)
  const dialog = useRef<HTMLDialogElement>(null)
  const isShown = viewing !== undefined
  useEffect(() => {
    if (isShown) dialog.current?.showModal()
  }, [isShown])
  if (!viewing?.file) return null
  const go = (step: number) => {
    const pictures = (store.state.timeline?.lines ?? []).filter(({ file, seq }) => file?.picture && seq !== undefined)
    const at = pictures.findIndex(({ key }) => key === viewing.key)
    const next = pictures[at + step]
    if (next) actions.files.view(next)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    runShortcut('viewer', event, {
      ...{ nextPicture: () => go(1), previousPicture: () => go(-1), closePicture: () => dialog.current?.close() },
      savePicture: () => dialog.current?.querySelector<HTMLElement>('[data-save]')?.click(),
    })
  }
  return (
    <dialog
      class={styles.viewer}
      ref={dialog}
      aria-label={words.files.view(viewing.file.name)}
      onClose={() => actions.files.view(undefined)}
      onKeyDown={onKeyDown}
    >
      <div class={styles.tools}>
        <span dir="auto">{viewing.file.name}</span>
        <button type="button" aria-label={words.talk.previous} title={words.talk.previous} onClick={() => go(-1)}>
          ‹
        </button>
        <button type="button" aria-label={words.talk.next} title={words.talk.next} onClick={() => go(1)}>
          ›
        </button>
        <SaveButton line={viewing} file={viewing.file} />
        <button type="button" onClick={() => dialog.current?.close()}>
          {words.close}
        </button>
      </div>
      {src !== undefined && <img key={src} src={src} alt={viewing.file.name} />}
    </dialog>
  )
}
