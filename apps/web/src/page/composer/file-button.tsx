import { useRef } from 'preact/hooks'
import styles from '../composer.module.css'
import { usePage } from '../page-context.ts'

/** Lets a person choose files. */
export function FileButton({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const { words } = usePage()
  const chooser = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={chooser}
        class={styles.chooser}
        type="file"
        multiple
        tabIndex={-1}
        aria-label={words.files.choose}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])])
          currentTarget.value = ''
        }}
      />
      <button type="button" class={styles.tool} title={words.files.choose} onClick={() => chooser.current?.click()}>
        <span aria-hidden="true">+</span>
        <span class={styles.hidden}>{words.files.choose}</span>
      </button>
    </>
  )
}
