import { useEffect, useState } from 'preact/hooks'
import styles from './composer.module.css'
import { sizeWords } from './file-view.tsx'
import { usePage } from './page-context.ts'

type Props = { readonly files: readonly File[]; readonly onRemove: (file: File) => void }

/** The files that are sent with the next message. */
export function FileTray({ files, onRemove }: Props) {
  const { words } = usePage()
  if (files.length === 0) return null
  return (
    <ul class={styles.tray} aria-label={words.files.chosen(files.length)}>
      {files.map((file, n) => (
        <li key={`${n} ${file.name}`}>
          <Preview file={file} />
          <span dir="auto">
            {file.name} · {sizeWords(file.size)}
          </span>
          <button type="button" aria-label={words.files.remove(file.name)} onClick={() => onRemove(file)}>
            ×
          </button>
        </li>
      ))}
    </ul>
  )
}

function Preview({ file }: { readonly file: File }) {
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    if (!file.type.startsWith('image/')) return
    const made = URL.createObjectURL(file)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [file])
  return url === undefined ? null : <img src={url} alt="" width="40" height="40" />
}
