import { flagsToEnvironment, mergeFlags } from '../../../src/server/private/server-flags';

describe('flags of the server', () => {
  test('a flag is read from ATLANTIS_ and its name in capitals', () => {
    expect(flagsToEnvironment({ 'atlantis-url': 'https://a', port: '4141' })).toEqual({
      ATLANTIS_ATLANTIS_URL: 'https://a',
      ATLANTIS_PORT: '4141',
    });
  });

  test('flags of several owners are put together', () => {
    expect(mergeFlags({ port: '1' }, {}, { 'data-dir': '/d' })).toEqual({ port: '1', 'data-dir': '/d' });
  });

  test('two owners of one flag are a mistake of the library, and say so', () => {
    expect(() => mergeFlags({ port: '1' }, { port: '1' })).toThrow(
      new Error('cdk-atlantis sets the server flag "port" twice; please report this'),
    );
  });
});
