/**
 * Templates in texts of requests: `Hello {{users.name}}, number {{seq}}`.
 *
 *   text       = { literal | "{{" blank* expression blank* "}}" | "\{{" }     the last is a literal `{{`
 *   expression = name { blank+ number }
 *   name       = letter { letter | digit | "_" | "-" } [ "." column ]         `feeder.column` or a captured variable
 *   column     = anything without blank, `{` and `}`
 *
 * Only the builtins below take arguments. What a name that is no builtin stands for is decided where the template is
 * used: here it only has to look like a name.
 */
export type TemplateSegment =
  | { kind: 'literal'; text: string }
  /** `args` are exactly as many integers as the builtin wants; none for feeder columns and captured variables. */
  | { kind: 'expression'; name: string; args: number[] }

export type TemplateParse =
  | { ok: true; segments: TemplateSegment[] }
  /** `offset`: where in the text the bad expression begins. */
  | { ok: false; message: string; expected: string; offset: number }

interface Builtin {
  /** Names of the arguments, in order. */
  args: readonly string[]
  /** What it becomes. */
  value: string
  example: string
  /** What is wrong with these arguments, or undefined. */
  refuse?: (args: readonly number[]) => string | undefined
}

/** The longest random text that one expression makes. */
const maxRandomLength = 65_536

const refuseLength = (args: readonly number[]): string | undefined => {
  const length = args[0] ?? 0
  return length < 1 || length > maxRandomLength
    ? `a length from 1 to ${maxRandomLength.toLocaleString('en-US')}`
    : undefined
}

/** What every template may use. Everything random comes from the scenario's seed and the operation's number. */
export const templateBuiltins = {
  seq: { args: [], value: 'number of the operation over all drivers, from 0', example: '{{seq}}' },
  driver: { args: [], value: 'number of the driver, from 0', example: '{{driver}}' },
  uuid: { args: [], value: 'a UUID, version 4, seeded', example: '{{uuid}}' },
  random: { args: [], value: 'a seeded fraction from 0 up to, not including, 1', example: '{{random}}' },
  randomInt: {
    args: ['MIN', 'MAX'],
    value: 'a seeded whole number, both ends included',
    example: '{{randomInt 1 100}}',
    refuse: ([min = 0, max = 0]) => (min > max ? 'MIN not above MAX' : undefined),
  },
  randomString: {
    args: ['LENGTH'],
    value: 'seeded letters and digits',
    example: '{{randomString 8}}',
    refuse: refuseLength,
  },
  randomHex: {
    args: ['LENGTH'],
    value: 'seeded lower-case hexadecimal digits',
    example: '{{randomHex 16}}',
    refuse: refuseLength,
  },
  time: { args: [], value: 'the time as whole seconds since 1970', example: '{{time}}' },
  timeMs: { args: [], value: 'the time as milliseconds since 1970', example: '{{timeMs}}' },
  isoTime: { args: [], value: 'the time as in 2026-11-20T18:31:26.000Z', example: '{{isoTime}}' },
} as const satisfies Record<string, Builtin>

export type TemplateBuiltin = keyof typeof templateBuiltins

export const isTemplateBuiltin = (name: string): name is TemplateBuiltin =>
  Object.hasOwn(templateBuiltins, name)

const namePattern = /^[A-Za-z_][A-Za-z0-9_-]*(?:\.[^\s{}]+)?$/
const integerPattern = /^-?\d{1,15}$/

/** What a captured variable or a feeder may be called. */
export const isTemplateName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)

const parseExpression = (
  source: string,
): { segment: TemplateSegment } | { message: string; expected: string } => {
  const shown = `{{${source}}}`
  const [name = '', ...words] = source.trim().split(/\s+/)
  if (!namePattern.test(name))
    return {
      message: `${shown} is no template expression`,
      expected:
        'a name between the braces, such as {{seq}}, {{users.name}} or {{token}}; \\{{ is a literal {{',
    }
  if (!isTemplateBuiltin(name))
    return words.length === 0
      ? { segment: { kind: 'expression', name, args: [] } }
      : {
          message: `${shown}: "${name}" takes no arguments`,
          expected: `{{${name}}}, or one of ${builtinsWithArguments}`,
        }
  const builtin: Builtin = templateBuiltins[name]
  const usage = `{{${[name, ...builtin.args].join(' ')}}}, such as ${builtin.example}`
  if (words.length !== builtin.args.length)
    return {
      message: `${shown} has ${countOf(words.length)}, not ${builtin.args.length}`,
      expected: usage,
    }
  const wrong = words.find((word) => !integerPattern.test(word))
  if (wrong !== undefined) return { message: `${shown}: "${wrong}" is no whole number`, expected: usage }
  const args = words.map(Number)
  const refusal = builtin.refuse?.(args)
  if (refusal !== undefined)
    return { message: `${shown} has an argument out of range`, expected: `${usage}: ${refusal}` }
  return { segment: { kind: 'expression', name, args } }
}

const countOf = (n: number): string => (n === 0 ? 'no arguments' : n === 1 ? '1 argument' : `${n} arguments`)

const builtinsWithArguments = Object.values<Builtin>(templateBuiltins)
  .filter((builtin) => builtin.args.length > 0)
  .map((builtin) => builtin.example)
  .join(', ')

/** The first fault of the text, or its segments: neighbouring literals are one, empty ones are left out. */
export const parseTemplate = (text: string): TemplateParse => {
  const segments: TemplateSegment[] = []
  let literal = ''
  let at = 0
  for (;;) {
    const open = text.indexOf('{{', at)
    if (open === -1) break
    if (open > 0 && text[open - 1] === '\\') {
      literal += `${text.slice(at, open - 1)}{{`
      at = open + 2
      continue
    }
    const close = text.indexOf('}}', open + 2)
    if (close === -1)
      return {
        ok: false,
        message: '{{ is not closed',
        expected: '}} after the expression, or \\{{ for a literal {{',
        offset: open,
      }
    const parsed = parseExpression(text.slice(open + 2, close))
    if (!('segment' in parsed)) return { ok: false, ...parsed, offset: open }
    literal += text.slice(at, open)
    if (literal !== '') segments.push({ kind: 'literal', text: literal })
    literal = ''
    segments.push(parsed.segment)
    at = close + 2
  }
  literal += text.slice(at)
  if (literal !== '') segments.push({ kind: 'literal', text: literal })
  return { ok: true, segments }
}
