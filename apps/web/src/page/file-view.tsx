import { useContext, useEffect, useState } from 'preact/hooks'
import type { Line, LineFile } from '../engine/line.ts'
import styles from './file-view.module.css'
import { LineTabContext } from './messages/line-tab-context.ts'
import { usePage, useSelected } from './page-context.ts'

/** A picture up to this size is fetched by itself. */
const fetchedBytes = 8 * 1024 * 1024

/** The file of a message: a picture with its preview, or a name with a button. */
export function FileView({ line, file }: { readonly line: Line; readonly file: LineFile }) {
  const { actions, words } = usePage()
  const part = useSelected(({ engine }) => engine?.sending?.find(({ id }) => id === line.id)?.part)
  const isHere = line.seq !== undefined
  return (
    <div class={styles.file}>
      {file.picture ? (
        <Picture line={line} file={file} isHere={isHere} />
      ) : (
        <span class={styles.name} dir="auto">
          {file.name} · {sizeWords(file.size)}
        </span>
      )}
      {part !== undefined && (
        <progress class={styles.progress} value={part} max={1} aria-label={words.files.sending(file.name)} />
      )}
      {!isHere && line.state === 'queued' && line.id !== undefined && (
        <button type="button" onClick={() => line.id && void actions.files.cancel(line.id)}>
          {words.cancel}
        </button>
      )}
      {isHere && !file.picture && <SaveButton line={line} file={file} />}
    </div>
  )
}

type PictureProps = { readonly line: Line; readonly file: LineFile; readonly isHere: boolean }

/** A picture: its preview until the whole is here, then a button that shows it in full size. */
function Picture({ line, file, isHere }: PictureProps) {
  const { actions, words } = usePage()
  const tabIndex = useContext(LineTabContext)
  const preview = useObjectUrl(file.picture?.thumbnail)
  const isHeld = line.id !== undefined && actions.files.isHeld(line.id)
  const whole = useFetched(isHeld || (isHere && file.size <= fetchedBytes) ? line : undefined)
  const src = whole ?? preview
  const { width = 1, height = 1 } = file.picture ?? {}
  return (
    <button
      type="button"
      class={styles.picture}
      tabIndex={tabIndex}
      disabled={!isHere}
      aria-label={words.files.view(file.name)}
      onClick={() => actions.files.view(line)}
    >
      <svg class={styles.frame} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" />
      {src !== undefined && <img class={whole === undefined ? styles.blurred : ''} src={src} alt={file.name} />}
    </button>
  )
}

/** Saves a file under its name. The browser opens nothing by itself. */
export function SaveButton({ line, file }: { readonly line: Line; readonly file: LineFile }) {
  const { actions, words } = usePage()
  const tabIndex = useContext(LineTabContext)
  const [isBusy, setIsBusy] = useState(false)
  const save = async () => {
    if (line.id === undefined) return
    setIsBusy(true)
    try {
      const url = URL.createObjectURL(await actions.files.fetch(line.id))
      const link = document.createElement('a')
      link.href = url
      link.download = file.name
      link.click()
      // The browser has begun to save by then.
      setTimeout(() => URL.revokeObjectURL(url), 60_000)
    } catch (error) {
      actions.tell(error)
    } finally {
      setIsBusy(false)
    }
  }
  return (
    <button type="button" tabIndex={tabIndex} disabled={isBusy} data-save onClick={() => void save()}>
      {isBusy ? words.files.fetching : words.files.save}
    </button>
  )
}

/** Returns the address of a message's file once it is here. */
export function useFetched(line: Line | undefined): string | undefined {
  const { actions } = usePage()
  const [url, setUrl] = useState<string>()
  const id = line?.id
  useEffect(() => {
    if (id === undefined) return
    let made: string | undefined
    let isOver = false
    actions.files.fetch(id).then(
      (blob) => {
        if (isOver) return
        made = URL.createObjectURL(blob)
        setUrl(made)
      },
      (error: unknown) => actions.tell(error),
    )
    return () => {
      isOver = true
      setUrl(undefined)
      if (made !== undefined) URL.revokeObjectURL(made)
    }
  }, [id, actions])
  return url
}

/** Returns an address for bytes of a picture. */
function useObjectUrl(bytes: Uint8Array | undefined): string | undefined {
  const [url, setUrl] = useState<string>()
  const length = bytes?.length
  useEffect(() => {
    if (!bytes) return
    const made = URL.createObjectURL(new Blob([bytes.slice()], { type: 'image/webp' }))
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [length])
  return url
}

const units = ['B', 'KiB', 'MiB', 'GiB']

/** Returns a size in bytes for people. */
export function sizeWords(bytes: number): string {
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  return `${(bytes / 2 ** (10 * unit)).toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`
}
