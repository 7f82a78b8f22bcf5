import { describe, expect, test } from 'vitest'
import { type RecordId, type RecordKey, sameId } from '../../protocol/ids.ts'
import type { PlainRecord } from '../../protocol/records.ts'
import { closingLinks } from './cycles.ts'

/** Links as `id from>to`, tasks below others as `child<parent`. */
function cut(links: string, below = ''): RecordKey[] {
  const list = links.split(' ').map((text): PlainRecord => {
    const [id = '', ends = ''] = text.split(':')
    const [from = '', to = ''] = ends.replace('!', '').split('>')
    return { id, from, to, active: !ends.endsWith('!') }
  })
  const pairs = below ? below.split(' ').map((text) => text.split('<') as [string, string]) : []
  const plan = {
    dependencies: () => list,
    children: (id: RecordId) => pairs.filter(([, parent]) => sameId(parent, id)).map(([child]) => ({ id: child })),
    parent: (id: RecordId) => pairs.filter(([child]) => sameId(child, id)).map(([, parent]) => ({ id: parent }))[0],
  }
  return [...closingLinks(plan, list)]
}

describe('links that close a circle', () => {
  test('[BR4] the youngest of a circle is cut, whichever of them arrived last', () => {
    expect(cut('9:a>b 10:b>a')).toEqual([10])
    expect(cut('10:b>a 9:a>b')).toEqual([10])
    expect(cut('1:a>b 7:b>c 3:c>a')).toEqual([7])
  })

  test('[BR4] one that the server has not named is younger than any', () => {
    expect(cut('_generatedD_1:a>b 999:b>a')).toEqual(['_generatedD_1'])
  })

  test('[BR4] plans without a circle keep every link, and inactive links close none', () => {
    expect(cut('1:a>b 2:b>c 3:a>c')).toEqual([])
    expect(cut('1:a>b 2:b>a!')).toEqual([])
  })

  test('[BR4] a link to a summary is one to what is below it', () => {
    expect(cut('1:x>p 2:child>x', 'child<p')).toEqual([2])
    expect(cut('1:p>x 2:x>child', 'child<p')).toEqual([2])
    expect(cut('1:a>b 2:b>c', 'a<p b<p c<p')).toEqual([])
  })

  test('[BR4] two circles lose one link each', () => {
    expect(cut('1:a>b 2:b>a 3:c>d 4:d>c').sort()).toEqual([2, 4])
  })
})
