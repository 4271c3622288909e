import { useEffect, useState } from 'preact/hooks'
import type { ChosenFiles } from './composer/use-files.ts'
import styles from './composer.module.css'
import { sizeWords } from './file-view.tsx'
import { placeOf, usePopup } from './menu/menu-context.ts'
import { usePage } from './page-context.ts'
import { isPicture } from './prepare-file.ts'

/** The files that are sent with the next message, and why others were not taken. */
export function FileTray({ files }: { readonly files: ChosenFiles }) {
  const { words } = usePage()
  const { chosen, refusals, isOriginal, remove } = files
  const { talk } = words
  return (
    <>
      {refusals.length > 0 && (
        <p class={styles.refusals} role="alert">
          {refusals.join(' ')}
        </p>
      )}
      {chosen.length > 0 && (
        <ul class={styles.tray} aria-label={words.files.chosen(chosen.length)}>
          {chosen.map((file, n) => (
            <li key={`${n} ${file.name} ${file.size}`}>
              <Preview file={file} />
              <button type="button" aria-label={words.files.remove(file.name)} onClick={() => remove(file)}>
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      {chosen.some(isPicture) && (
        <p class={styles.original}>
          {isOriginal && <span role="status">{talk.isOriginal}</span>}
          <OptionsButton files={files} />
        </p>
      )}
    </>
  )
}

function OptionsButton({ files: { isOriginal, setIsOriginal } }: { readonly files: ChosenFiles }) {
  const { talk } = usePage().words
  const popup = usePopup()
  const items = [
    { label: talk.sendStripped, isChecked: !isOriginal, run: () => setIsOriginal(false) },
    { label: talk.sendOriginal, isChecked: isOriginal, run: () => setIsOriginal(true) },
  ]
  return (
    <button
      type="button"
      aria-label={talk.fileOptions}
      aria-haspopup="menu"
      title={talk.fileOptions}
      onClick={({ currentTarget }) => popup({ at: placeOf(currentTarget), label: talk.fileOptions, items })}
    >
      ⋯
    </button>
  )
}

/** A small picture, or words for one that this browser cannot show. */
function Preview({ file }: { readonly file: File }) {
  const { talk } = usePage().words
  const [url, setUrl] = useState<string>()
  const [isBroken, setIsBroken] = useState(false)
  useEffect(() => {
    if (!isPicture(file)) return
    const made = URL.createObjectURL(file)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [file])
  return (
    <>
      {url !== undefined && !isBroken && (
        <img src={url} alt="" width="40" height="40" onError={() => setIsBroken(true)} />
      )}
      <span dir="auto">
        {file.name} · {sizeWords(file.size)}
        {isBroken && <small role="status">{talk.notDrawn}</small>}
      </span>
    </>
  )
}
