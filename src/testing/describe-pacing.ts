import { withGenerated } from './describe-schema.ts'
import type { Picture } from './draw-pacing.ts'
import { pacingFigures } from './pacing-figures.ts'

/** Where the picture of a load is, from the root of the repository. */
export const pictureFileOf = ({ name }: Picture): string => `docs/pictures/pacing-${name}.svg`

/** `docs/pacing.md` with each load and its picture as they are now. */
export const renderPacingDocument = (document: string, pictures: readonly Picture[]): string =>
  pictures.reduce((text, picture) => {
    const yaml = pacingFigures.find(({ name }) => name === picture.name)?.yaml
    const scenario = yaml === undefined ? '' : `\`\`\`yaml\n${yaml}\n\`\`\`\n\n`
    const image = `![${picture.alt}](${pictureFileOf(picture).replace('docs/', '')})`
    return withGenerated(text, picture.name, `${scenario}${image}`)
  }, document)
