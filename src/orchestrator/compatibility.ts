import { protocol } from '../bus/messages.ts'
import type { Member } from './members.ts'

/**
 * What a driver can be used for, by what it said of itself.
 *
 *   same            our protocol and version
 *   otherVersion    our protocol, another version: used, and the result names the versions
 *   foreign         no protocol: it speaks only the brief
 *   incompatible    another version of our protocol, or somebody else's: never chosen
 */
export type Compatibility =
  | { kind: 'same' | 'foreign' }
  /** `text`: a sentence for the log or for the result. */
  | { kind: 'otherVersion' | 'incompatible'; text: string }

export const compatibilityOf = (
  { id, protocol: spoken, version }: Pick<Member, 'id' | 'protocol' | 'version'>,
  ourVersion: string,
): Compatibility => {
  if (spoken === null) return { kind: 'foreign' }
  if (spoken !== protocol)
    return {
      kind: 'incompatible',
      text: `Driver ${id} speaks ${spoken} and this orchestrator ${protocol}: it gets no share.`,
    }
  // One that only heartbeats so far has said no version.
  if (version === '' || version === ourVersion) return { kind: 'same' }
  return {
    kind: 'otherVersion',
    text: `Driver ${id} is version ${version}, the orchestrator ${ourVersion}: what one of them cannot do yet is missing from the run.`,
  }
}
