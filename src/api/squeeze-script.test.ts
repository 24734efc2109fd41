import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { squeezeScript } from './squeeze-script.ts'

/** Templates are written with `@` here, that nobody takes them for some of this file. */
const withHoles = (text: string): string => text.replaceAll('@{', '$'.concat('{'))

describe('a script without what it does not need', () => {
  const table: [what: string, code: string, squeezed: string][] = [
    ['nothing', '', ''],
    [
      'indentation and spaces',
      'const a = 1;\n    if (a) {\n        b();\n    }\nc();\n',
      'const a=1;if(a){b();}\nc();',
    ],
    ['comments', '/** a\n b */\nconst a = 1; // what\nf(/* it */ a);', 'const a=1;f(a);'],
    ['words stay apart', 'return  typeof  a  in  b', 'return typeof a in b'],
    [
      'signs that would become others',
      'a + +b - -c; a / /x/.y; 1 .toFixed()',
      'a+ +b- -c;a/ /x/.y;1 .toFixed()',
    ],
    ['a line end may end a statement', 'a()\nb()\n', 'a()\nb()'],
    ['strings', "f( \"a  // b\" , 'c  \\' d' )", "f(\"a  // b\",'c  \\' d')"],
    ['templates', 'f( `a  @{ b + { c : `d  @{ e } ` }.c }  // f` )', 'f(`a  @{b+{c:`d  @{e} `}.c}  // f`)'],
    ['a template of many lines', 'x = `a\n    b  \\` @{ c }\n  `  + d', 'x=`a\n    b  \\` @{c}\n  `+d'],
    ['regular expressions', 'a = /[/"  ]  \\/ /g , b', 'a=/[/"  ]  \\/ /g,b'],
    ['a word behind one', 'a = /x/ in b', 'a=/x/ in b'],
    ['a division', 'a = b / c / d', 'a=b/ c/ d'],
    [
      'private names',
      'class A {\n  static #b = 1;\n  #c = 2\n  get d() {}\n}',
      'class A{static #b=1;#c=2\nget d(){}}',
    ],
  ]
  for (const [what, code, squeezed] of table)
    it(what, () => assert.equal(squeezeScript(withHoles(code)), withHoles(squeezed)))
})
