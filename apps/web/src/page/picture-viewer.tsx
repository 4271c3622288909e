import { useEffect, useRef } from 'preact/hooks'
import styles from './file-view.module.css'
import { SaveButton, useFetched } from './file-view.tsx'
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
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (key === 'ArrowLeft') go(-1)
    if (key === 'ArrowRight') go(1)
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
        <SaveButton line={viewing} file={viewing.file} />
        <button type="button" onClick={() => dialog.current?.close()}>
          {words.close}
        </button>
      </div>
      {src !== undefined && <img key={src} src={src} alt={viewing.file.name} />}
    </dialog>
  )
}
