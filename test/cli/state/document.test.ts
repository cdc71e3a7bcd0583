import { describe as inWords, parseState, stateIn, withSerial } from '../../../src/cli/state/document';

const state = (change: object = {}) =>
  `${JSON.stringify({ version: 4, terraform_version: '1.12.0', serial: 3, lineage: 'x', resources: [{}], ...change }, undefined, 2)}\n`;

describe('a state', () => {
  test('is told by its lineage and serial', () => {
    expect(parseState(state(), 'it')).toMatchObject({ lineage: 'x', serial: 3 });
    expect(inWords(parseState(state(), 'it'))).toBe('serial 3, 1 resource, by 1.12.0');
  });

  test.each([
    ['not JSON', '{', 'it is no state: it is not JSON.'],
    ['null', 'null', 'it is no state of version 4: let Terraform 0.12 or newer write it.'],
    ['an old version', state({ version: 3 }), 'it is no state of version 4: let Terraform 0.12 or newer write it.'],
    ['no lineage', state({ lineage: '' }), 'it is no state: it has no lineage and serial.'],
    ['no serial', state({ serial: '3' }), 'it is no state: it has no lineage and serial.'],
  ])('is refused with %s', (_, text, problem) => {
    expect(() => parseState(text, 'it')).toThrow(problem);
  });

  test('gets another serial and keeps every other character', () => {
    const text = state({ resources: [{ serial: 3, big: 'NUMBER' }] }).replace('"NUMBER"', '12345678901234567890');
    const raised = withSerial(parseState(text, 'it'), 12);
    expect(raised.serial).toBe(12);
    expect(raised.text).toBe(text.replace('\n  "serial": 3', '\n  "serial": 12'));
  });

  test('that is damaged is none', () => {
    expect([stateIn('{'), stateIn('null'), stateIn(state())?.serial]).toEqual([undefined, undefined, 3]);
  });

  test('that is not written as Terraform writes it gets none', () => {
    const compact = JSON.stringify(JSON.parse(state()));
    expect(() => withSerial(parseState(compact, 'it'), 4)).toThrow(
      'The state is not written as Terraform writes it, so its serial cannot be raised.',
    );
  });
});
