import { useRef } from 'preact/hooks'
import { usePage } from '../page-context.ts'
import { cropPicture } from './crop-picture.ts'
import styles from './people.module.css'

type Props = {
  readonly label: string
  readonly onChosen: (picture: Blob) => void
}

/** Lets a person choose a picture, and cuts it to a square. */
export function PictureChoice({ label, onChosen }: Props) {
  const { actions } = usePage()
  const input = useRef<HTMLInputElement>(null)
  const choose = async (file: File | undefined) => {
    const picture = file && (await cropPicture(file))
    if (picture) onChosen(picture)
    else if (file) actions.profile.refusePicture()
    if (input.current) input.current.value = ''
  }
  return (
    <>
      <input
        ref={input}
        class={styles.hidden}
        type="file"
        accept="image/*"
        aria-label={label}
        tabIndex={-1}
        onChange={({ currentTarget }) => void choose(currentTarget.files?.[0])}
      />
      <button type="button" onClick={() => input.current?.click()}>
        {label}
      </button>
    </>
  )
}
