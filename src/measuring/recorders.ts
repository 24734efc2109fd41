import { isEmpty, type MeasurementKind, type NamedMeasurement } from './measurement.ts'
import { Recorder } from './recorder.ts'

/** The recorders of one driver's share of a run. */
export class Recorders {
  readonly #recorders = new Map<string, Recorder>()

  /** The recorder of that name; the same one for the same name. */
  request(name: string): Recorder {
    return this.#obtain(name, 'request')
  }

  /** As {@link request}; a journey and a request may share a name. */
  journey(name: string): Recorder {
    return this.#obtain(name, 'journey')
  }

  /** What happened since the last time, in the order in which the names were first asked for; nothing of what did nothing. */
  take(): NamedMeasurement[] {
    const taken: NamedMeasurement[] = []
    for (const recorder of this.#recorders.values()) {
      const measurement = recorder.take()
      if (!isEmpty(measurement)) taken.push({ name: recorder.name, kind: recorder.kind, measurement })
    }
    return taken
  }

  #obtain(name: string, kind: MeasurementKind): Recorder {
    const key = `${kind} ${name}`
    const known = this.#recorders.get(key)
    if (known !== undefined) return known
    const recorder = new Recorder(name, kind)
    this.#recorders.set(key, recorder)
    return recorder
  }
}
