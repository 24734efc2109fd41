import { defineScenario } from 'groundswell'

/** A scenario as a module: the same data, with types in the editor, and code where a list is long. */
const paths = ['/', '/ping', '/?page=2']

export default defineScenario({
  name: 'module',
  http: {
    target: 'builtin',
    requests: paths.map((path, i) => ({ get: path, weight: paths.length - i })),
  },
  load: { rate: '300/s', duration: '2s' },
  slo: 'errors < 0.1%',
})
